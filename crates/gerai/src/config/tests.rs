use std::collections::BTreeSet;

use domain::{
    money::Rupiah,
    retailer::{AdviceCreates, Pause, RetailerKey, ReversalOfUnknown, SaleKeyForm},
    time::DAY,
};

use storage::postgres::Deadlines;

use super::{environment::Given, *};

fn read(text: &str) -> Result<Config, String> {
    Config::read("test.toml", text).map_err(|error| error.to_string())
}

fn retailer<'a>(config: &'a Config, key: &str) -> &'a domain::retailer::Retailer {
    config.retailers.get(RetailerKey::new(key).unwrap()).unwrap()
}

#[test]
fn the_defaults_are_a_whole_configuration() {
    let config = read("").unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.operations, Operations::Default);
    assert_eq!(config.limits.body_max, 65_536);
    assert_eq!(config.limits.lane_room, 4_096);
    assert_eq!(config.limits.batch_max, 1_024);
    assert!(config.tls.is_none() && config.public_url.is_none() && config.sandbox_token.is_none());
    assert!(matches!(config.master_key, MasterKey::File(None)));
    let pools: Vec<_> = config
        .pools
        .iter()
        .map(|pool| (pool.name.as_str(), pool.shape.length, pool.shape.prefix.as_str()))
        .collect();
    let expected =
        [("alfa", 16, "81"), ("indomaret", 12, "57"), ("pegadaian", 12, "62"), ("pos", 12, "63")];
    assert_eq!(pools, expected);
}

/// Contract store-side, A9 and rule 7.
#[test]
fn the_retailers_have_the_figures_of_the_contract() {
    let config = read("").unwrap();
    let rupiah = |n| Rupiah::new(n).unwrap();
    let figures: Vec<_> = config
        .retailers
        .iter()
        .map(|r| (r.key.to_string(), r.amount_min, r.amount_max, r.cash_max))
        .collect();
    let row = |key: &str, max, cash: Option<i64>| {
        (key.to_owned(), rupiah(10_000), rupiah(max), cash.map(rupiah))
    };
    let expected = [
        row("alfamart", 5_000_000, Some(2_500_000)),
        row("alfamidi", 2_500_000, None),
        row("dandan", 5_000_000, Some(2_500_000)),
        row("indomaret", 5_000_000, None),
        row("pegadaian", 5_000_000, None),
        row("pos_indonesia", 5_000_000, None),
    ];
    assert_eq!(figures, expected);
    for r in config.retailers.iter() {
        assert_eq!(r.lifetime_default, DAY);
        assert_eq!((r.lifetime_min, r.lifetime_max), (Span::seconds(20), Span::days(180)));
        let window = if r.key.as_str() == "indomaret" { Span::minutes(5) } else { Span::ZERO };
        assert_eq!(r.contract.reversal_window, window, "{}", r.key);
        assert_eq!(r.contract.transport_max, Span::minutes(30));
        assert_eq!(r.contract.business_day_cutoff, DAY);
        assert_eq!(r.contract.advice_creates, AdviceCreates::Inquired);
        assert_eq!(r.receipt.label_width, 20);
        assert!(r.instructions_id.lines().count() >= 3 && r.instructions_en.lines().count() >= 3);
    }
    assert_eq!(retailer(&config, "alfamart").receipt.lines_max, 3);
    assert_eq!(retailer(&config, "dandan").network, retailer(&config, "alfamart").network);
}

/// Every key of the manual must be one that a file may hold: the manual laid over itself.
#[test]
fn every_key_of_the_manual_is_read() {
    assert!(read(MANUAL).is_ok());
}

/// Every setting, one after the other, under a name with one more letter, is refused by that name.
#[test]
fn no_misspelt_key_is_overlooked() {
    fn visit(table: &toml::Table, path: &str, tried: &mut BTreeSet<String>) {
        for (key, value) in table {
            let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let toml::Value::Table(inner) = value {
                visit(inner, &name, tried);
            } else {
                let text = format!("{name}x = {value}");
                let expected = format!("the configuration knows no setting `{name}x`");
                assert_eq!(read(&text).unwrap_err(), expected);
                tried.insert(name);
            }
        }
    }
    let manual: toml::Table = MANUAL.parse().unwrap();
    let mut tried = BTreeSet::new();
    visit(&manual, "", &mut tried);
    assert!(tried.contains("limits.body_max") && tried.contains("retailer.dandan.cash_max"));
    assert!(tried.len() > 80, "{tried:?}");
    assert_eq!(read("[limit]").unwrap_err(), "the configuration knows no setting `limit`");
}

#[test]
fn mistakes_are_told_by_the_name_of_the_key() {
    let cases = [
        (
            "listen = 8080",
            "the setting `listen` is wrong: it must be a text in quotes, not a whole number",
        ),
        (
            "listen = 'localhost'",
            "the setting `listen` is wrong: it must be an address with a port",
        ),
        ("data = ''", "the setting `data` is wrong: it must not be empty"),
        (
            "operations = 'no'",
            "the setting `operations` is wrong: it must be an address with a port",
        ),
        ("public_url = 'pay.example'", "the setting `public_url` is wrong: it must be a URL"),
        ("public_url = 'https://a/'", "the setting `public_url` is wrong: it must be a URL"),
        (
            "trusted_proxies = ['10.0.0.0/33']",
            "the setting `trusted_proxies` is wrong: `10.0.0.0/33`",
        ),
        ("holidays = ['2026-02-30']", "the setting `holidays` is wrong: `2026-02-30` is no day"),
        ("trusted_proxies = [1]", "the setting `trusted_proxies` is wrong: invalid type"),
        (
            "sandbox_token = 'short'",
            "the setting `sandbox_token` is wrong: it must have at least 8",
        ),
        ("[tls]\ncertificate = 'a.pem'", "the setting `tls.key` is wrong"),
        ("[sandbox_tls]\nlisten = '443'", "the setting `sandbox_tls.listen` is wrong"),
        ("[sandbox_tls]\nlisten = ''", "the setting `sandbox_tls.listen` is wrong"),
        ("[limits]\nbody_max = -1", "the setting `limits.body_max` is wrong: invalid value"),
        ("[limits]\nbatch_max = 0", "the setting `limits.batch_max` is wrong: it must be from 1"),
        (
            "[limits]\nbody_timeout = '10'",
            "the setting `limits.body_timeout` is wrong: `10` is no length",
        ),
        ("[limits]\nheader_timeout = '0s'", "the setting `limits.header_timeout` is wrong"),
        ("[retention]\nsale_answers = '30d'", "the setting `retention.sale_answers` is wrong"),
        ("[retention]\nevents = '6d'", "the setting `retention.events` is wrong"),
        ("[pools.alfa]\nlength = 4", "the setting `pools.alfa` is wrong: 4 digits leave a body"),
        (
            "[pools.more]\nnetwork='alfa'\nlength=16\nprefix='811'",
            "the setting `pools.more.prefix` is wrong",
        ),
        ("pools = 1", "the setting `pools` is wrong: it must be a table"),
        (
            "[retailer.alfamart]\nsale_key = 'x'",
            "the setting `retailer.alfamart.sale_key` is wrong",
        ),
        (
            "[retailer.alfamart]\namount_min = 6000000",
            "the setting `retailer.alfamart.amount_min` is wrong",
        ),
        (
            "[retailer.alfamart]\namount_max = 10000000000",
            "the setting `retailer.alfamart.amount_max` is wrong",
        ),
        (
            "[retailer.indomaret]\nbusiness_day_cutoff = '25:00'",
            "the setting `retailer.indomaret.business_day_cutoff`",
        ),
        (
            "[retailer.indomaret]\nnetwork = 'x'",
            "the setting `retailer.indomaret.network` is wrong: no pool",
        ),
        ("[retailer.lawson]\nname = 'Lawson'", "the setting `retailer.lawson.network` is wrong"),
        ("[retailer.lawson]\nnetwork = 'alfa'", "the setting `retailer.lawson.name` is wrong"),
        ("[retailer.Lawson]\nnetwork = 'alfa'\nname='L'", "the setting `retailer.Lawson` is wrong"),
        (
            "[retailer_defaults]\namount_min = 'x'",
            "the setting `retailer_defaults.amount_min` is wrong",
        ),
        ("a = 1\nb = ", "test.toml, line 2: "),
        ("\u{0}", "test.toml, line 1: "),
    ];
    for (text, expected) in cases {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}\n  {error}\n  {expected}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn holidays_are_no_business_days() {
    let day = |text| domain::time::BusinessDate::parse(text).unwrap();
    let usual = read("").unwrap().calendar;
    assert!(!usual.is_business_day(day("2026-12-25")) && usual.is_business_day(day("2026-12-24")));
    let chosen = read("holidays = ['2026-12-24']").unwrap().calendar;
    assert!(
        chosen.is_business_day(day("2026-12-25")) && !chosen.is_business_day(day("2026-12-24"))
    );
}

#[test]
fn a_retailer_is_added_by_configuration_alone() {
    let config = read(
        "[retailer_defaults]\namount_max = 3000000\n\
         [retailer.lawson]\nnetwork = 'alfa'\nname = 'Lawson'\nreversal_window = '1m'\n\
         sale_key = 'outlet_terminal_date_sale'\nreversal_of_unknown = 'refuse'\npause = 'open'",
    )
    .unwrap();
    let lawson = retailer(&config, "lawson");
    assert_eq!(lawson.name, "Lawson");
    assert_eq!(lawson.amount_max.get(), 3_000_000);
    assert_eq!(lawson.contract.reversal_window, Span::minutes(1));
    assert_eq!(lawson.contract.sale_key, SaleKeyForm::OutletTerminalDateSale);
    assert_eq!(lawson.contract.reversal_of_unknown, ReversalOfUnknown::Refuse);
    assert_eq!(lawson.contract.pause, Some(Pause::Open));
    // What a retailer says of itself stays.
    assert_eq!(retailer(&config, "alfamidi").amount_max.get(), 2_500_000);
    assert_eq!(retailer(&config, "alfamart").amount_max.get(), 3_000_000);
}

#[test]
fn production_chooses_the_lengths_of_its_codes() {
    let error = read("").unwrap().check_production().unwrap_err().to_string();
    assert!(error.starts_with("the setting `pools.alfa.length` is wrong: production"), "{error}");
    let three = "[pools]\nalfa.length = 18\nindomaret.length = 16\npegadaian.length = 16\n";
    let error = read(three).unwrap().check_production().unwrap_err().to_string();
    assert!(error.contains("pools.pos.length"), "{error}");
    let all = format!("{three}pos.length = 12\n");
    assert_eq!(read(&all).unwrap().check_production(), Ok(()));
    let token = format!("sandbox_token = 'a-long-token'\n{all}");
    assert!(read(&token).unwrap().check_production().is_err());
    let mut tls = read(&all).unwrap();
    tls.sandbox_tls.enabled = true;
    let error = tls.check_production().unwrap_err().to_string();
    assert!(error.starts_with("the setting `sandbox_tls.enabled` is wrong: production"), "{error}");
}

#[test]
fn the_environment_wins_and_its_key_is_never_shown() {
    let mut config = read("master_key_file = 'a'").unwrap();
    assert!(matches!(&config.master_key, MasterKey::File(Some(path)) if path.ends_with("a")));
    let key = "ab".repeat(32);
    let given = Given {
        master_key: Some(format!("{key}\n")),
        master_key_file: Some("b".to_owned()),
        log: Some("debug".to_owned()),
        ..Given::default()
    };
    given.over(&mut config).unwrap();
    assert_eq!(config.log, "debug");
    assert!(matches!(&config.master_key, MasterKey::Given(secret) if secret.expose() == key));
    assert!(!format!("{config:?}").contains(&key));

    let bad = Given { master_key: Some("xyz".to_owned()), ..Given::default() };
    let error = bad.over(&mut config).unwrap_err().to_string();
    assert_eq!(error, "the setting `GERAI_MASTER_KEY` is wrong: it must be 64 hexadecimal digits");
}

#[test]
fn notifications_go_where_an_operator_allows_it() {
    let reach = |text: &str, environment| {
        Config::read("gerai.toml", text).unwrap().notification.reach(environment)
    };
    let urls = ["https://shop.example/", "http://10.1.2.3/", "http://127.0.0.1:8443/"];
    let allowed = |text: &str, environment| {
        let reach = reach(text, environment);
        urls.map(|url| reach.target(url).is_ok())
    };
    assert_eq!(allowed("", Environment::Sandbox), [true, true, true]);
    assert_eq!(allowed("", Environment::Production), [true, false, false]);
    let some = "[notification]\nallow = ['10.1.0.0/16', '127.0.0.1']\nports = ['80', '8000-9000']";
    assert_eq!(allowed(some, Environment::Production), [false, true, true]);
    for (text, why) in [
        ("allow = ['10.0.0.0/33']", "`notification.allow` is wrong: `10.0.0.0/33` is no network"),
        ("ports = ['443', '0']", "`notification.ports` is wrong: it must be a port from 1"),
    ] {
        let error = Config::read("gerai.toml", &format!("[notification]\n{text}")).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn retries_are_lengthened_brand_by_brand() {
    assert!(Config::read("", "").unwrap().notification.retry.is_empty());
    let text =
        "[notification.retry.midtrans]\nfor = \"3d\"\n[notification.retry.events]\nfor = \"7d\"";
    let retry = Config::read("", text).unwrap().notification.retry;
    let expected = [("events", Span::days(7)), ("midtrans", Span::days(3))];
    assert!(retry.iter().map(|(brand, lasts)| (brand.as_str(), *lasts)).eq(expected));
    let unknown = Config::read("", "[notification.retry.nobody]\nfor = \"3d\"").unwrap_err();
    assert!(unknown.to_string().contains("notification.retry.nobody"), "{unknown}");
    // Each that there is can be.
    let named = MANUAL.parse::<toml::Table>().unwrap();
    let named: Vec<_> = named["notification"]["retry"].as_table().unwrap().keys().collect();
    let mut spoken: Vec<_> =
        crate::dialects::DIALECTS.iter().map(|dialect| dialect.brand()).chain(["events"]).collect();
    spoken.sort_unstable();
    assert_eq!(named, spoken);
}

#[test]
fn rows_are_where_the_configuration_says() {
    let place = |text: &str| Config::read("", text).unwrap().place();
    assert_eq!(place("data = '/var/lib/gerai'"), Place::Folder("/var/lib/gerai".into()));
    let Place::Postgres(short) = place("storage = 'postgres://gerai@db.example/gerai'") else {
        panic!()
    };
    assert_eq!(short.shown(), "postgres://gerai@db.example/gerai");
    let Place::Postgres(long) = place(
        "[storage]\nurl = 'postgres://gerai@db.example/gerai'\nlock_timeout = '3s'\naccept_loss = true",
    ) else {
        panic!()
    };
    assert_ne!(short, long);
    let deadlines = Deadlines { lock: Duration::from_secs(3), ..Deadlines::default() };
    assert_eq!(short.clone().with_deadlines(deadlines).accepting_loss(), long);
    // The manual's figures are those of the engine.
    assert_eq!(short.clone().with_deadlines(Deadlines::default()), short);

    for (text, why) in [
        (
            "storage = 'mysql://u:hush@h/db'",
            "`storage.url` is wrong: it must be a URL: postgres://",
        ),
        (
            "[storage]\nurl = 'postgres://u:hush@h/db?sslmode=yes'",
            "`storage.url` is wrong: `sslmode`",
        ),
        ("[storage]\nurls = 'x'", "no setting `storage.urls`"),
        ("storage = 7", "`storage` is wrong: it must be a table"),
    ] {
        let error = Config::read("", text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn the_databases_password_comes_from_where_nobody_sees_it() {
    let folder = std::env::temp_dir().join(format!("gerai-password-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, empty) = (folder.join("password"), folder.join("empty"));
    std::fs::write(&file, "hush from a file\n").unwrap();
    std::fs::write(&empty, "\n").unwrap();
    let configured = |file: &Path, given: Given| {
        let text = format!(
            "[storage]\nurl = 'postgres://gerai@db.example/gerai'\npassword_file = '{}'",
            file.display()
        );
        let mut config = Config::read("", &text).unwrap();
        given.over(&mut config)?;
        config.storage.read_password()?;
        Ok::<_, ConfigError>(config)
    };
    let place = |config: &Config| match config.place() {
        Place::Postgres(place) => place,
        other => panic!("{other:?}"),
    };
    let config = configured(&file, Given::default()).unwrap();
    let without = Config::read("", "storage = 'postgres://gerai@db.example/gerai'").unwrap();
    assert!(place(&config).has_password() && !place(&without).has_password());
    assert_eq!(place(&config), place(&without).with_password("hush from a file"));
    assert!(!format!("{config:?}").contains("hush"), "{config:?}");

    // The environment wins, over the URL too.
    let given = Given {
        storage: Some("postgres://gerai:hush@other.example/gerai".to_owned()),
        storage_password: Some("hush of the environment".to_owned()),
        ..Given::default()
    };
    let config = configured(&folder.join("nothing"), given).unwrap();
    assert_eq!(place(&config).shown(), "postgres://gerai@other.example/gerai");
    let url = Config::read("", "storage = 'postgres://gerai@other.example/gerai'").unwrap();
    assert_eq!(place(&config), place(&url).with_password("hush of the environment"));
    assert!(!format!("{config:?}").contains("hush"), "{config:?}");

    for (file, why) in [(folder.join("nothing"), "nothing"), (empty, "is empty")] {
        let error = configured(&file, Given::default()).unwrap_err().to_string();
        assert!(error.contains("storage.password_file") && error.contains(why), "{error}");
    }
    let wrong = Given { storage: Some("mysql://x".to_owned()), ..Given::default() };
    let error = configured(&file, wrong).unwrap_err().to_string();
    assert!(error.contains("GERAI_STORAGE"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}
