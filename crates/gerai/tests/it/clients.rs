//! Clients in other languages against the program: the vendors' own libraries, unmodified, and what
//! merchants write from the vendors' pages (tests/clients/README.md).

use std::{path::Path, process::Command};

use crate::drive::{
    folder::Folder,
    process::{Server, gerai, project, tell},
};

/// What the suites send or sign with, and no log may tell, however much it tells: the tokens of
/// Cronos and `SenGo`, Ayolinx' client secret, and the signature of every GET of Cronos' demo
/// project, which is as good as its token.
const SECRETS: [&str; 4] = [
    "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t",
    "gerai0demo0token0for0sengo000001",
    "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab",
    "a57c04cf4f2a33021dc0d4e8a74ab8b24d896c96400434c8c9398d145be108a3",
];

/// Runs a suite of another language against a fresh sandbox. `needs` is what `make deps` leaves
/// behind when it has installed what the suite needs; none where only the language itself is needed.
fn suite(program: &Path, arguments: &[&str], needs: Option<&str>) {
    // As in production, where merchants without a URL are told nothing.
    suite_with("inbox = false\n", program, arguments, needs);
}

/// The same against a sandbox with `settings` over the defaults.
fn suite_with(settings: &str, program: &Path, arguments: &[&str], needs: Option<&str>) {
    let root = project();
    if let Some(needs) = needs {
        assert!(root.join(needs).exists(), "{needs} is missing: run `make deps`");
    }
    let folder = Folder::new("clients");
    let data = folder.path().to_str().unwrap();
    let config = folder.write("gerai.toml", settings);
    let config = config.to_str().unwrap();
    let listen = ["sandbox", "--listen", "127.0.0.1:0", "--data", data, "--config", config];
    let mut sandbox = gerai(&listen);
    let server = Server::start_command(sandbox.env("GERAI_LOG", "trace"));
    let mut suite = Command::new(program);
    suite
        .args(arguments)
        .current_dir(&root)
        .env("GERAI_URL", format!("http://{}", server.api))
        .env("GERAI_DATA", folder.path())
        .env("GERAI_PROGRAM", env!("CARGO_BIN_EXE_gerai"));
    let output = suite
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make deps`", program.display()));
    let passed = output.status.success();
    assert!(passed, "{}\nthe server's log:\n{}", tell(&output), shortened(&server.log()));
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", shortened(&ended.log));
    for line in ended.log.lines() {
        assert!(!line.contains("panicked"), "{line}");
        for secret in SECRETS {
            assert!(!line.contains(secret), "the log tells a secret: {line}");
        }
    }
}

/// What a log that tells everything says to whoever only wants to know what went wrong.
fn shortened(log: &str) -> String {
    let told =
        |line: &&str| !line.contains(r#""level":"TRACE""#) && !line.contains(r#""level":"DEBUG""#);
    log.lines().filter(told).collect::<Vec<_>>().join("\n")
}

/// A suite that has a virtual environment of its own.
fn python(environment: &str, arguments: &[&str]) {
    let environment = Path::new(".test-deps").join(environment);
    let program = project().join(&environment).join("bin/python");
    suite(&program, arguments, environment.join(".installed").to_str());
}

/// A suite in one file: the runner would take every file of a folder for a suite.
fn node(file: &str) {
    let folder = Path::new(file).parent().unwrap();
    let needs = folder.join("node_modules/.installed");
    suite(Path::new("node"), &["--test", file], needs.to_str());
}

#[test]
fn midtrans_python() {
    let files = ["tests/clients/python/test_midtrans.py", "tests/clients/python/test_counter.py"];
    python("python", &["-m", "pytest", "-q", files[0], files[1]]);
}

#[test]
fn midtrans_node() {
    node("tests/clients/node/midtrans.test.js");
}

#[test]
fn midtrans_snap_python() {
    python("python", &["-m", "pytest", "-q", "tests/clients/python/test_snap.py"]);
}

#[test]
fn midtrans_snap_node() {
    node("tests/clients/node/snap.test.js");
}

#[test]
fn own_events_python() {
    python("python", &["-m", "pytest", "-q", "tests/clients/python/test_events.py"]);
}

#[test]
fn own_events_node() {
    node("tests/clients/node/events.test.js");
}

#[test]
fn cronos_and_sengo_php() {
    suite(Path::new("php"), &["tests/clients/php/run.php"], None);
}

#[test]
fn cronos_and_sengo_node() {
    node("tests/clients/node/cronos.test.js");
}

#[test]
fn cronos_and_sengo_python() {
    python("python", &["-m", "pytest", "-q", "tests/clients/python/test_cronos.py"]);
}

#[test]
fn ayolinx_node() {
    node("tests/clients/node/ayolinx.test.js");
}

#[test]
fn ayolinx_python_nicepay() {
    let arguments = ["-m", "unittest", "discover", "-s", "tests/clients/python-nicepay"];
    python("python-nicepay", &arguments);
}

#[test]
fn ayolinx_python_bca() {
    let arguments = ["-m", "unittest", "discover", "-s", "tests/clients/python-bca"];
    python("python-bca", &arguments);
}

#[test]
fn pages_in_a_browser() {
    node("tests/browser/payer.test.js");
}

#[test]
fn checkouts_in_a_browser() {
    node("tests/browser/checkout.test.js");
}

#[test]
fn the_sandbox_in_a_browser() {
    let needs = Path::new("tests/browser/node_modules/.installed");
    let file = "tests/browser/sandbox.test.js";
    suite_with("", Path::new("node"), &["--test", file], needs.to_str());
}

#[test]
fn signatures_in_a_browser() {
    let needs = Path::new("tests/browser/node_modules/.installed");
    let file = "tests/browser/signature.test.js";
    suite_with("", Path::new("node"), &["--test", file], needs.to_str());
}
