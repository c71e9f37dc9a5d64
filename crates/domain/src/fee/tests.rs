//! Plans, their parts, and what nobody should write.

use proptest::prelude::*;

use super::*;

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn split(plan: &str, amount: i64) -> (i64, i64, i64, i64) {
    let split = plan.parse::<FeePlan>().unwrap().split(rupiah(amount)).unwrap();
    (split.gateway.get(), split.tax.get(), split.retailer.get(), split.switch.get())
}

#[test]
fn the_example_of_the_rules() {
    // Rule 29: 3,000 on 100,000, of it 1,000 for the chain and 2,000 with PPN for us.
    let plan = "payer tax=inclusive:110 gateway=2000 retailer=1000";
    assert_eq!(split(plan, 100_000), (1_802, 198, 1_000, 0));
}

#[test]
fn shares_are_rounded_up_and_then_bounded() {
    for (plan, amount, gateway) in [
        ("merchant gateway=0+300bp", 53_207, 1_597),
        ("merchant gateway=300bp", 53_207, 1_597),
        ("merchant gateway=1+1bp", 1, 2),
        ("merchant gateway=100bp[500..]", 10_000, 500),
        ("merchant gateway=100bp[500..2000]", 10_000_000, 2_000),
        ("merchant gateway=100bp[..2000]", 100_000, 1_000),
        ("merchant", 100_000, 0),
    ] {
        assert_eq!(split(plan, amount).0, gateway, "{plan}");
    }
}

#[test]
fn tax_is_split_half_up_or_added() {
    // 555 * 110 / 1110 is 55; 5 * 110 / 1110 is 0.495; 50 * 110 / 1110 is 4.95.
    assert_eq!(split("payer tax=inclusive:110 gateway=555", 1), (500, 55, 0, 0));
    assert_eq!(split("payer tax=inclusive:110 gateway=5", 1), (5, 0, 0, 0));
    assert_eq!(split("payer tax=inclusive:110 gateway=50", 1), (45, 5, 0, 0));
    assert_eq!(split("merchant tax=exclusive:110 gateway=1000", 1), (1_000, 110, 0, 0));
    // 5 * 100 / 1000 is exactly a half.
    assert_eq!(split("merchant tax=exclusive:100 gateway=5", 1), (5, 1, 0, 0));
}

#[test]
fn the_standard_rate_is_that_of_the_day() {
    let plan: FeePlan = "payer tax=inclusive gateway=2000".parse().unwrap();
    assert_eq!(plan.at_rate(110).to_string(), "payer tax=inclusive:110 gateway=2000");
    let said: FeePlan = "payer tax=inclusive:120 gateway=2000".parse().unwrap();
    assert_eq!(said.at_rate(110), said);
}

#[test]
fn plans_that_make_no_sense() {
    for (text, why) in [
        ("", NotAPlan::Part(String::new())),
        ("nobody", NotAPlan::Part("nobody".to_owned())),
        ("payer tax=exclusive:110", NotAPlan::PayerPaysNoTaxOnTop),
        ("merchant gateway=1[3..2]", NotAPlan::Bounds("gateway")),
        ("merchant switch=10001bp", NotAPlan::TooMuch),
        ("merchant tax=inclusive:1001", NotAPlan::TooMuch),
        ("merchant gateway=-1", NotAPlan::Part("gateway=-1".to_owned())),
        ("merchant gateway=+1", NotAPlan::Part("gateway=+1".to_owned())),
        ("merchant gateway=1bp+2", NotAPlan::Part("gateway=1bp+2".to_owned())),
        ("merchant bank=1", NotAPlan::Part("bank=1".to_owned())),
        ("merchant gateway", NotAPlan::Part("gateway".to_owned())),
        ("merchant gateway=99999999999", NotAPlan::Part("gateway=99999999999".to_owned())),
    ] {
        assert_eq!(text.parse::<FeePlan>(), Err(why), "{text}");
    }
}

fn share() -> impl Strategy<Value = Share> {
    (0..10_000_i64, 0..=10_000_u16, 0..1_000_i64, 1_000..100_000_i64).prop_map(
        |(fixed, basis_points, least, most)| Share {
            fixed: rupiah(fixed),
            basis_points,
            least: rupiah(least),
            most: rupiah(most),
        },
    )
}

fn plan() -> impl Strategy<Value = FeePlan> {
    let tax = prop_oneof![
        Just(Tax::None),
        Just(Tax::Inclusive(Rate::Standard)),
        (0..=1_000_u16).prop_map(|rate| Tax::Inclusive(Rate::PerMille(rate))),
        (0..=1_000_u16).prop_map(|rate| Tax::Exclusive(Rate::PerMille(rate))),
    ];
    (tax, share(), share(), share()).prop_map(|(tax, gateway, retailer, switch)| FeePlan {
        bearer: Bearer::Merchant,
        tax,
        gateway,
        retailer,
        switch,
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(plan in plan()) {
        prop_assert_eq!(plan.to_string().parse::<FeePlan>(), Ok(plan));
    }

    #[test]
    fn the_parts_are_within_their_bounds_and_nothing_is_lost(plan in plan(), amount in 1..10_000_000_i64) {
        let split = plan.split(rupiah(amount)).unwrap();
        for party in [Party::Retailer, Party::Switch] {
            let got = if party == Party::Retailer { split.retailer } else { split.switch };
            let share = plan.share(party);
            prop_assert!(share.least <= got && got <= share.most);
        }
        if let Tax::Inclusive(_) = plan.tax {
            let with_tax = split.gateway.get() + split.tax.get();
            prop_assert!(plan.gateway.least.get() <= with_tax && with_tax <= plan.gateway.most.get());
        }
    }

    #[test]
    fn any_text_is_a_plan_or_is_refused(text in ".{0,60}") {
        let _ = text.parse::<FeePlan>();
    }
}
