//! What only a file tells of creates money: much of it is booked only where somebody has agreed to
//! that very number (rule 32).

use super::*;

impl Story {
    async fn agree(
        &self,
        lines: &[String],
        agreed: Option<u64>,
    ) -> anyhow::Result<ReconciledReply> {
        let path = self.folder.join(FILE);
        fs::write(&path, lines.concat() + &format!("T,{}\n", lines.len())).unwrap();
        let day = Day::of(&self.profiles, key("alfamart"), &[path], None, None)?;
        let order = keep(&self.folder, super::super::Order { agreed, ..day.order()? })?;
        let (gateway, folder) = (self.shop.gateway.clone(), self.folder.clone());
        let (profiles, reader) = (self.profiles.clone(), self.reader());
        let posting = move || post(&gateway, &reader, &profiles, &folder, &order);
        tokio::task::spawn_blocking(posting).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lines_that_nobody_told_us_of_are_booked_when_their_number_is_agreed_to() {
    let mut story = Story::new();
    story.profiles.iter_mut().for_each(|one| one.unasked.lines = 2);
    let mut lines = Vec::new();
    for number in 0..3 {
        let view = story.open(&format!("order-{number}")).await;
        lines.push(sold(&format!("S{number}"), &view, 50_000));
    }
    story.wait(Span::hours(26));
    for agreed in [None, Some(2)] {
        let error = story.agree(&lines, agreed).await.unwrap_err().to_string();
        assert!(error.contains("--yes-create 3") && error.contains("Rp 150000"), "{error}");
        assert_eq!(story.reader().sequences().unwrap().file_line, 0);
    }
    assert_eq!(story.balance(receivable()), 0);
    // Two are let through unasked; of what is posted already, nobody is asked again.
    assert_eq!(story.agree(&lines[..2], None).await.unwrap().paid, 2);
    assert_eq!(story.agree(&lines, None).await.unwrap().paid, 1);
    assert_eq!(story.balance(receivable()), 150_000);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_sum_is_asked_for_too() {
    let mut story = Story::new();
    story.profiles.iter_mut().for_each(|one| one.unasked.sum = 49_999);
    let view = story.open("one").await;
    story.wait(Span::hours(26));
    let lines = [sold("S1", &view, 50_000)];
    assert!(story.agree(&lines, None).await.is_err());
    assert_eq!(story.agree(&lines, Some(1)).await.unwrap().paid, 1);
    story.verify();
}
