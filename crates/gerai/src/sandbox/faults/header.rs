//! `X-Gerai-Fault`: a request that says what goes wrong with it, and with what is told of it.

use http::{HeaderMap, HeaderName};

use super::{
    fault::{Fault, NewsFault, Range, RequestFault},
    terms::{Terms, Wanted},
};

/// Who asks for a fault says so here.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-gerai-fault");

/// The most bytes that are read.
const LENGTH_MAX: usize = 512;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// How much later it is carried out.
    pub(super) latency: Option<Range>,
    /// What else goes wrong with it.
    pub(super) request: Option<RequestFault>,
    /// What goes wrong with the notifications that come of it.
    pub(super) news: Option<NewsFault>,
    /// How often.
    pub(super) terms: Terms,
}

impl Asked {
    /// What the headers ask for; none where they ask for nothing.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong, for whoever wrote it.
    pub(super) fn of(headers: &HeaderMap, fresh: u32) -> Result<Option<Self>, String> {
        let mut values = headers.get_all(HEADER).iter();
        let (value, None) = (values.next(), values.next()) else {
            return Err("it is there twice; several faults are separated by `;`".to_owned());
        };
        let text = value.map(|value| value.to_str()).transpose();
        let text = text.map_err(|_| "it is text".to_owned())?;
        text.map(|text| Self::read(text, fresh)).transpose()
    }

    /// Reads `FAULT; FAULT; share=0.5; times=2; seed=7`, in any order.
    fn read(text: &str, fresh: u32) -> Result<Self, String> {
        if text.len() > LENGTH_MAX {
            return Err(format!("it has at most {LENGTH_MAX} characters"));
        }
        let (mut latency, mut request, mut news) = (None, None, None);
        let mut wanted = Wanted::default();
        for part in text.split(';') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if wanted.take(name.trim(), value.trim())? {
                continue;
            }
            let was_taken = match Fault::read(part)? {
                Fault::Latency(range) => latency.replace(range).is_some(),
                Fault::Request(fault) => request.replace(fault).is_some(),
                Fault::News(fault) => news.replace(fault).is_some(),
            };
            if was_taken {
                return Err("at most a latency, one other fault of the request and one of its \
                            notifications"
                    .to_owned());
            }
        }
        if latency.is_none() && request.is_none() && news.is_none() {
            return Err("it names no fault".to_owned());
        }
        Ok(Self { latency, request, news, terms: wanted.settle(fresh)? })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Asked, String> {
        Asked::read(text, 1)
    }

    #[test]
    fn several_faults_and_how_often() {
        let asked = read("latency=1s..2s; drop=answer;duplicate=3 ; seed=7;times=2; share=0.5");
        let asked = asked.unwrap();
        assert_eq!(asked.request, Some(RequestFault::AnswerLost));
        assert_eq!(asked.news, Some(NewsFault::Duplicated(3)));
        assert!(asked.latency.is_some());
        let wanted = Wanted { share: Some(0.5), times: Some(2), seed: Some(7) };
        assert_eq!(asked.terms, wanted.settle(1).unwrap());
        assert_eq!(read("suppress").unwrap().request, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("", "it is latency="),
            (";", "it is latency="),
            ("seed=7", "names no fault"),
            ("suppress; seed=x", "seed: a whole number"),
            ("suppress; seed=1; seed=2", "seed is there twice"),
            ("suppress; share=2", "share: a probability"),
            ("suppress; share=half", "share: a probability"),
            ("suppress; times=0", "times: 1 to"),
            ("suppress; duplicate", "at most a latency"),
            ("drop=answer; error=505", "at most a latency"),
            ("suppress; else=1", "it is latency="),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
        assert!(read(&"a;".repeat(1_000)).unwrap_err().contains("at most 512"));
    }

    #[test]
    fn it_is_there_once_or_not_at_all() {
        let mut headers = HeaderMap::new();
        assert_eq!(Asked::of(&headers, 1), Ok(None));
        headers.append(HEADER, HeaderValue::from_static("suppress"));
        assert!(Asked::of(&headers, 1).unwrap().is_some());
        headers.append(HEADER, HeaderValue::from_static("suppress"));
        assert!(Asked::of(&headers, 1).is_err());
        headers.insert(HEADER, HeaderValue::from_bytes(b"suppress\xff").unwrap());
        assert!(Asked::of(&headers, 1).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(HEADER, value);
                let read = Asked::of(&headers, 1);
                prop_assert!(read.is_err() || bytes.len() <= LENGTH_MAX);
            }
        }

        #[test]
        fn no_text_does(text in "[a-z=;0-9. ]{0,60}") {
            if let Ok(asked) = read(&text) {
                prop_assert!(asked.latency.is_some() || asked.request.is_some() || asked.news.is_some());
            }
        }
    }
}
