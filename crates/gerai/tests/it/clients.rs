//! The vendors' own client libraries, unmodified, against the program (tests/clients/README.md).

use std::process::Command;

use crate::drive::process::{Server, project, tell};

/// Runs a suite of another language against a fresh sandbox.
fn suite(program: &str, arguments: &[&str], needs: &str) {
    let root = project();
    assert!(root.join(needs).exists(), "{needs} is missing: run `make deps`");
    let server = Server::in_memory();
    let mut suite = Command::new(program);
    suite.args(arguments).current_dir(&root).env("GERAI_URL", format!("http://{}", server.api));
    let output =
        suite.output().unwrap_or_else(|error| panic!("{program}: {error}; run `make deps`"));
    let passed = output.status.success();
    assert!(passed, "{}\nthe server's log:\n{}", tell(&output), server.log());
    let log = server.stop();
    assert_eq!(log.code, Some(0), "{}", log.log);
}

#[test]
fn python() {
    let python = project().join(".test-deps/python/bin/python");
    let arguments = ["-m", "pytest", "-q", "tests/clients/python"];
    suite(python.to_str().unwrap(), &arguments, ".test-deps/python/.installed");
}

#[test]
fn node() {
    // The file, not the folder: the runner would take every file of the folder for a suite.
    let arguments = ["--test", "tests/clients/node/midtrans.test.js"];
    suite("node", &arguments, "tests/clients/node/node_modules/.installed");
}
