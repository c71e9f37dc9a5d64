//! The vendors' host names: clients in three languages that trust the sandbox's CA and are led to it, as
//! docs/testing.md says; and requests that say for whom they are.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::drive::{
    ayolinx::Client,
    folder::Folder,
    http::{Answer, once, post},
    merchant::{DEMO, Merchant, basic, charge_body, new_order},
    process::{Server, gerai, project, run, tell},
};

/// The hosts at which payments are opened, in the order in which the programs do it.
const HOSTS: [&str; 8] = [
    "api.sandbox.midtrans.com",
    "api.midtrans.com",
    "api.sandbox.cronosengine.com",
    "api.cronosengine.com",
    "api.sandbox.sengo.id",
    "api.sengo.id",
    "sandbox.ayolinx.id",
    "openapi.ayolinx.id",
];

/// The demo merchant's key for tokens of Ayolinx.
const AYOLINX_PRIVATE_KEY: &str = "crates/dialect-ayolinx/demo/merchant_private.pem";

/// A sandbox in memory that speaks TLS, and where.
struct Scene {
    folder: Folder,
    server: Server,
    tls: SocketAddr,
    ca_file: PathBuf,
}

impl Scene {
    fn new(what: &str) -> Self {
        let folder = Folder::new(what);
        let ca_file = folder.join("ca.pem");
        let place = ["--in-memory", "--tls-ca", ca_file.to_str().unwrap()];
        let server = Server::start(&[&["sandbox", "--listen", "127.0.0.1:0"][..], &place].concat());
        let tls = tls_of(&server.said());
        Self { folder, server, tls, ca_file }
    }

    /// Runs a program that opens a payment at every host, `rounds` times over, and then says of its
    /// attempts that should fail whether they did.
    fn opens_everywhere(&self, command: &mut Command, rounds: usize, attempts: &[&str]) {
        let output = self.output(command);
        assert!(output.status.success(), "{}\n{}", tell(&output), self.server.log());
        let said = String::from_utf8(output.stdout.clone()).unwrap();
        let mut lines = said.lines();
        for host in HOSTS.repeat(rounds) {
            let code = lines.next().and_then(|line| line.strip_prefix(host)?.strip_prefix(' '));
            let code = code.unwrap_or_else(|| panic!("no code of {host}: {}", tell(&output)));
            // The codes are of this very sandbox.
            let pressed = post(self.server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
            assert_eq!(pressed.member("code"), "00", "{host}: {}", pressed.text());
        }
        let attempts: Vec<_> = attempts.iter().map(|name| format!("{name}: refused")).collect();
        assert_eq!(lines.collect::<Vec<_>>(), attempts, "{}", tell(&output));
    }

    /// A command of the page, with this scene's places in it.
    fn here(&self, shown: &str) -> String {
        let ca_file = self.ca_file.to_str().unwrap();
        let (here, there) = (ca_file, "gerai-data/tls/ca.pem");
        assert!(shown.contains(there), "{shown}");
        shown.replace(there, here).replace("127.0.0.1:8443", &self.tls.to_string())
    }

    fn output(&self, command: &mut Command) -> Output {
        command
            .current_dir(project())
            .env("GERAI_CA", &self.ca_file)
            .env("GERAI_TLS", self.tls.to_string())
            .env("AYOLINX_PRIVATE_KEY", AYOLINX_PRIVATE_KEY)
            // Go wants a place for what it compiles, also where nobody has a home.
            .env("GOCACHE", project().join(".test-deps/go-cache"))
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; run `make deps`"))
    }
}

/// Where a sandbox says that it speaks TLS.
fn tls_of(said: &str) -> SocketAddr {
    let mut lines = said.lines();
    let found =
        lines.find_map(|line| line.strip_prefix("vendors' hosts at https://")?.parse().ok());
    found.unwrap_or_else(|| panic!("no TLS: {said}"))
}

#[test]
fn in_php() {
    let attempts =
        ["another name", "without the CA", "another name, by stream", "without the CA, by stream"];
    let mut php = Command::new("php");
    php.arg("tests/clients/hosts/php/main.php");
    Scene::new("php").opens_everywhere(&mut php, 2, &attempts);
}

#[test]
fn in_go() {
    let mut go = Command::new("go");
    go.args(["run", "tests/clients/hosts/go/main.go", "tests/clients/hosts/go/sandbox.go"]);
    Scene::new("go").opens_everywhere(&mut go, 1, &["another name", "without the CA"]);
}

#[test]
fn in_java() {
    let scene = Scene::new("java");
    let line = |host: &&str| format!("127.0.0.1 {host}\n");
    let lines: String = HOSTS.iter().chain(&["www.example.com"]).map(line).collect();
    let names = scene.folder.write("hosts", &lines);
    let mut java = Command::new("java");
    java.arg(format!("-Djdk.net.hosts.file={}", names.display()));
    java.arg("tests/clients/hosts/java/Hosts.java");
    scene.opens_everywhere(&mut java, 1, &["another name", "without the CA"]);
}

/// By what the page says of programs that cannot be changed: the client without the CA gets through.
#[test]
fn in_java_by_options_of_the_jvm() {
    let scene = Scene::new("java-options");
    let hosts = format!("{} www.example.com", HOSTS.join(" "));
    let program = project().join("tests/clients/hosts/java/Hosts.java");
    let commands = scene
        .here(blocks(&section(), "sh")[1])
        .replace("api.sandbox.midtrans.com app.sandbox.midtrans.com", &hosts)
        .replace("-jar shop.jar", program.to_str().unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-ec", &commands]).current_dir(scene.folder.path());
    let output = shell
        .env("GERAI_CA", &scene.ca_file)
        .env("GERAI_TLS", scene.tls.to_string())
        .env("AYOLINX_PRIVATE_KEY", project().join(AYOLINX_PRIVATE_KEY))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last();
    assert_eq!(last, Some("without the CA: not refused"), "{commands}\n{}", tell(&output));
}

/// The text of docs/testing.md under the heading that is about this.
fn section() -> String {
    let page = std::fs::read_to_string(project().join("docs/testing.md")).unwrap();
    let (_, rest) = page.split_once("\n## The vendors' host names\n").unwrap();
    rest.split("\n## ").next().unwrap().to_owned()
}

/// The blocks of code in a language.
fn blocks<'a>(section: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    let blocks = section.split(begin.as_str()).skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap()).collect()
}

#[test]
fn the_page_shows_the_code_that_runs_here() {
    let section = section();
    let files = [
        ("php", &["php/sandbox.php"][..]),
        ("go", &["go/sandbox.go"]),
        ("java", &["java/Hosts.java"]),
    ];
    for (language, names) in files {
        let shown = blocks(&section, language);
        assert_eq!(shown.len(), names.len(), "{language}");
        for (shown, name) in shown.iter().zip(names) {
            let path = project().join("tests/clients/hosts").join(name);
            let file = std::fs::read_to_string(path).unwrap();
            let trimmed = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
            assert!(trimmed(&file).contains(&trimmed(shown)), "{name} has not:\n{shown}");
        }
    }
}

#[test]
fn curl_as_the_page_says_it_and_as_the_sandbox_says_it() {
    let scene = Scene::new("curl");
    let section = section();
    let here = scene.here(blocks(&section, "sh")[0]);
    let output = scene.output(Command::new("sh").args(["-c", &here]));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(r#""status_code":"201""#), "{here}\n{}", tell(&output));

    let welcome = scene.server.said();
    let line = welcome.lines().find(|line| line.contains("--cacert")).unwrap();
    let output = scene.output(Command::new("sh").args(["-c", line]));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Transaction doesn't exist."), "{line}\n{}", tell(&output));
    // The same without the CA.
    let (_, rest) = line.split_once(" --connect-to").unwrap();
    let output = scene.output(Command::new("sh").args(["-c", &format!("curl --connect-to{rest}")]));
    assert_eq!(output.status.code(), Some(60), "{}", tell(&output));
}

#[test]
fn a_script_is_told_both_urls() {
    let folder = Folder::new("hosts-urls");
    let ca_file = folder.join("ca.pem");
    let start = ["sandbox", "--listen", "127.0.0.1:0", "--in-memory", "--print-url", "--tls-ca"];
    let mut sandbox = gerai(&start);
    let mut sandbox = sandbox.arg(&ca_file).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    let (plain, tls) = (next(), next());
    let plain: SocketAddr = plain.strip_prefix("http://").unwrap().parse().unwrap();
    let tls: SocketAddr = tls.strip_prefix("https://").unwrap().parse().unwrap();
    Merchant::demo(plain).charge(&new_order(), "alfamart", 50_000);
    assert_eq!(reaches(&ca_file, tls), "404");
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}

/// Sends a charge with these words in front of its headers.
fn charge(api: SocketAddr, target: &str, host: &str) -> Answer {
    let body = charge_body(&new_order(), "alfamart", 50_000).to_string();
    let authorization = basic(DEMO);
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    once(api, request.as_bytes()).unwrap()
}

#[test]
fn a_host_has_its_own_paths_over_plain_http_too() {
    let server = Server::in_memory();
    let api = server.api;
    let port = api.port();
    for (target, host) in [
        ("/v2/charge", "api.sandbox.midtrans.com".to_owned()),
        ("/v2/charge", format!("API.Midtrans.com:{port}")),
        ("http://api.sandbox.midtrans.com/v2/charge", "localhost".to_owned()),
        ("/v2/charge", "gerai.test".to_owned()),
    ] {
        let answer = charge(api, target, &host);
        let opened = (answer.status, answer.member("status_code"));
        assert_eq!(opened, (200, "201".to_owned()), "{target} {host}: {}", answer.text());
    }
    for (target, host) in [
        ("/v2/charge", "app.sandbox.midtrans.com"),
        ("/v2/charge", "api.sengo.id"),
        ("/v1.0/retail/create", "api.sandbox.midtrans.com"),
        ("/sandbox/v1/payments/latest/pay", "api.sandbox.midtrans.com"),
        ("http://sandbox.ayolinx.id/v2/charge", "api.sandbox.midtrans.com"),
    ] {
        let answer = charge(api, target, host);
        assert_eq!((answer.status, answer.member("error").as_str()), (404, "not_found"));
    }
    let snap = charge(api, "/snap/v1/transactions", "app.sandbox.midtrans.com");
    assert_eq!((snap.status, snap.member("token").len()), (201, 36), "{}", snap.text());
    let snap = charge(api, "/snap/v1/transactions", "api.sandbox.midtrans.com");
    assert_eq!((snap.status, snap.member("error").as_str()), (404, "not_found"));
    // Signed paths are what they were.
    let shop = Client::demo();
    let token = shop.token(api);
    shop.open(api, &token, &new_order(), &new_order());
}

#[test]
fn production_knows_no_vendors_hosts() {
    let folder = Folder::new("hosts-production");
    let config = folder.write(
        "gerai.toml",
        "pools = { alfa = { length = 16 }, indomaret = { length = 14 }, pegadaian = { length = 14 }, \
         pos = { length = 14 } }\n[sandbox_tls]\nenabled = true\n",
    );
    let arguments = ["serve", "--config", config.to_str().unwrap()];
    let said = run(&arguments).sentence();
    assert!(said.contains("sandbox_tls.enabled"), "{said}");
}

#[test]
fn the_ca_is_the_same_after_a_restart() {
    let folder = Folder::new("hosts-again");
    let data = folder.path().to_str().unwrap();
    let start = ["sandbox", "--listen", "127.0.0.1:0", "--tls", "--data", data];
    let mut trusted = None;
    for _ in 0..2 {
        let server = Server::start(&start);
        let ca_file = folder.join("tls/ca.pem");
        let said = server.said();
        assert!(said.contains(&format!("CA to trust     {}", ca_file.display())), "{said}");
        let trusted: &Vec<u8> = trusted.get_or_insert_with(|| std::fs::read(&ca_file).unwrap());
        assert_eq!(&std::fs::read(&ca_file).unwrap(), trusted);
        assert_eq!(reaches(&ca_file, tls_of(&said)), "404");
        // Beside it the sandbox is where it always is.
        Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
        assert_eq!(server.stop().code, Some(0));
    }
}

/// The `status_code` of an order that nobody has, asked for under the vendor's name.
fn reaches(ca_file: &Path, tls: SocketAddr) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--cacert", ca_file.to_str().unwrap()])
        .args(["--resolve", &format!("api.midtrans.com:{}:127.0.0.1", tls.port())])
        .args(["-u", &format!("{DEMO}:")])
        .arg(format!("https://api.midtrans.com:{}/v2/nobodys/status", tls.port()))
        .output()
        .unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", tell(&output)));
    said["status_code"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_wrong_with_tls_is_told_in_a_sentence() {
    let start = |more: &[&str]| {
        run(&[&["sandbox", "--listen", "127.0.0.1:0"][..], more].concat()).sentence()
    };
    let said = start(&["--in-memory", "--tls"]);
    assert!(said.contains("--tls-ca FILE"), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = start(&["--in-memory", "--tls-listen", &address]);
    assert!(said.contains(&format!("cannot listen on {address}: the port is in use")), "{said}");
    let folder = Folder::new("hosts-copy");
    let mine = folder.write("mine", "precious");
    let said = start(&["--in-memory", "--tls-ca", mine.to_str().unwrap()]);
    assert!(said.contains("not written over"), "{said}");
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "precious");
}
