//! A mail server of somebody else's making (tests/clients/python-mail).

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;

use super::{folder::Folder, process::project};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who may send there.
pub(crate) const USER: &str = "gerai";
/// The password.
pub(crate) const PASSWORD: &str = "smtp-p4ss/word";

/// A server that takes mails until the test ends.
#[derive(Debug)]
pub(crate) struct MailServer {
    child: Child,
    /// It ends when this is closed.
    _stdin: ChildStdin,
    said: Arc<(Mutex<Vec<Value>>, Condvar)>,
    /// Where it listens, on `localhost`.
    pub(crate) port: u16,
    /// Who has signed its certificate.
    pub(crate) ca_file: PathBuf,
}

impl MailServer {
    /// One that speaks `starttls`, `implicit` or `none`, and asks who we are where it `asks`.
    pub(crate) fn start(folder: &Folder, mode: &str, asks: bool) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate = folder.write(&format!("{mode}.pem"), &cert.pem());
        let key = folder.write(&format!("{mode}.key"), &signing_key.serialize_pem());
        let python = project().join(".test-deps/python-mail/bin/python");
        assert!(python.exists(), "{} is missing: run `make deps`", python.display());
        let mut command = Command::new(python);
        command.arg(project().join("tests/clients/python-mail/server.py"));
        command.arg(mode).arg(&certificate).arg(&key);
        if asks {
            command.args([USER, PASSWORD]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let port = first.strip_prefix("listening ").unwrap().parse().unwrap();
        let said: Arc<(Mutex<Vec<Value>>, Condvar)> = Arc::default();
        let page = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                page.0.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                page.1.notify_all();
            }
        });
        Self { child, _stdin: stdin, said, port, ca_file: certificate }
    }

    /// What a configuration says of it.
    pub(crate) fn settings(&self, tls: &str, password_file: &Path) -> String {
        format!(
            "[bill.email]\nserver = \"localhost\"\nport = {}\ntls = \"{tls}\"\nuser = \"{USER}\"\n\
             password_file = '{}'\nfrom = \"Toko Uji <bills@toko.example>\"\n\
             reply_to = \"help@toko.example\"\n[notification]\nca_file = '{}'\n",
            self.port,
            password_file.display(),
            self.ca_file.display(),
        )
    }

    /// Waits until so many things happened there, and gives them back.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Value> {
        let said = self.said.0.lock().unwrap();
        let waits = |said: &mut Vec<Value>| said.len() < count;
        let (said, _) = self.said.1.wait_timeout_while(said, PATIENCE, waits).unwrap();
        assert_eq!(
            said.len(),
            count,
            "{:?}",
            said.iter().map(|one| &one["to"]).collect::<Vec<_>>()
        );
        said.clone()
    }

    /// What has happened so far.
    pub(crate) fn so_far(&self) -> Vec<Value> {
        self.said.0.lock().unwrap().clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The first value of a header of a mail that was taken.
pub(crate) fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    let found = headers.iter().find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("no {name} in {mail}"))[1].as_str().unwrap()
}

/// A body of it, by its type.
pub(crate) fn part<'a>(mail: &'a Value, kind: &str) -> &'a str {
    mail["parts"][kind]["content"].as_str().unwrap_or_else(|| panic!("no {kind} in {mail}"))
}
