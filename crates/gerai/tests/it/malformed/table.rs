//! How the tables are written, and their text, read.
//!
//! A line without indentation names a case; the indented lines below it say
//!
//! ```text
//! send METHOD TARGET     a request; Host, Content-Type and Content-Length are added
//! as merchant|other      with all that a merchant of the table's dialect sends, rightly signed: the
//!                        demo merchant, or another of the same dialect
//! as client              the demo merchant's request for a token (Ayolinx)
//! as till                signed by the demo partner
//! signer other           but signed with what the other merchant has
//! over TEXT              but signed over this text
//! with NAME: VALUE       a header, instead of the one that would be added
//! without NAME           no such header
//! body TEXT              its body
//! raw TEXT               bytes, and nothing is added
//! hang up                nothing more is written
//! leaves TABLE           afterwards this table has exactly one row more
//! is STATUS [& MEMBER=TEXT] [& MEMBER~PART]
//! ```
//!
//! Statuses may be alternatives: `400|closed`. `bare` is an answer of the HTTP library, without a body;
//! every other answer must be JSON. Without `leaves` no table may have a row more.
//!
//! `\r` `\n` `\t` `\\` `\xNN` are bytes, `<<5*ab>>` is ababababab. Names in braces stand for what
//! `cast.rs` says, or, where a signature is made, `sending.rs`. A signature is over what stands in the other headers, so that what is wrong about a
//! time or a token is all that is wrong.

/// Stands for an answer that never came.
pub(super) const CLOSED: u16 = 0;

/// One request and its answer.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) sent: Sent,
    /// Whether nothing more can come after what was sent.
    pub(super) hangs_up: bool,
    /// The table that has one row more afterwards.
    pub(super) leaves: Option<String>,
    pub(super) expected: Expected,
}

#[derive(Debug)]
pub(super) enum Sent {
    Raw(Vec<u8>),
    Request(Request),
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: Vec<u8>,
    pub(super) sender: Sender,
    /// Whether the other merchant signs what this one sends.
    pub(super) other_signs: bool,
    /// What is signed instead of what should be.
    pub(super) over: Option<Vec<u8>>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) without: Vec<String>,
    pub(super) body: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    Nobody,
    Merchant,
    Other,
    Client,
    Till,
}

#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) statuses: Vec<u16>,
    /// Whether the answer is the HTTP library's own, which has no body.
    pub(super) is_bare: bool,
    pub(super) members: Vec<Wish>,
}

/// What a member must be or contain.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) text: String,
    is_whole: bool,
}

impl Wish {
    /// Whether `found` is or contains the text, in which names were filled in.
    pub(super) fn is_met_by(&self, found: &str, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        if self.is_whole { found == text } else { found.contains(&*text) }
    }
}

/// All cases of a table.
pub(super) fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (no, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(detail) = line.strip_prefix("  ") else {
            cases.push(Case {
                name: line.to_owned(),
                sent: Sent::Raw(Vec::new()),
                hangs_up: false,
                leaves: None,
                expected: Expected::default(),
            });
            continue;
        };
        let case = cases.last_mut().unwrap();
        let (word, rest) = detail.split_once(' ').unwrap_or((detail, ""));
        read_detail(case, word, rest).unwrap_or_else(|| panic!("line {}: {line}", no + 1));
    }
    let mut names = std::collections::HashSet::new();
    for case in &cases {
        assert!(!case.expected.statuses.is_empty(), "{} has no answer", case.name);
        assert!(names.insert(&case.name), "there are two cases called {}", case.name);
    }
    cases
}

fn read_detail(case: &mut Case, word: &str, rest: &str) -> Option<()> {
    match (word, &mut case.sent) {
        ("raw", sent) => *sent = Sent::Raw(unescape(rest)),
        ("send", sent) => {
            let (method, target) = rest.split_once(' ')?;
            *sent = Sent::Request(Request {
                method: method.to_owned(),
                target: unescape(target),
                sender: Sender::Nobody,
                other_signs: false,
                over: None,
                headers: Vec::new(),
                without: Vec::new(),
                body: None,
            });
        }
        ("as", Sent::Request(request)) => {
            request.sender = match rest {
                "merchant" => Sender::Merchant,
                "other" => Sender::Other,
                "client" => Sender::Client,
                "till" => Sender::Till,
                _ => return None,
            };
        }
        ("signer", Sent::Request(request)) if rest == "other" => request.other_signs = true,
        ("over", Sent::Request(request)) => request.over = Some(unescape(rest)),
        ("with", Sent::Request(request)) => {
            let (name, value) = rest.split_once(':')?;
            let value = value.strip_prefix(' ').unwrap_or(value);
            request.headers.push((name.to_owned(), unescape(value)));
        }
        ("without", Sent::Request(request)) => request.without.push(rest.to_owned()),
        ("body", Sent::Request(request)) => request.body = Some(unescape(rest)),
        ("hang", _) if rest == "up" => case.hangs_up = true,
        ("leaves", _) => case.leaves = Some(rest.to_owned()),
        ("is", _) => case.expected = read_expected(rest)?,
        _ => return None,
    }
    Some(())
}
fn read_expected(text: &str) -> Option<Expected> {
    let (statuses, rest) = text.split_once(' ').unwrap_or((text, ""));
    let statuses = statuses.split('|').map(|status| match status {
        "closed" => Some(CLOSED),
        status => status.parse().ok(),
    });
    let mut expected =
        Expected { statuses: statuses.collect::<Option<_>>()?, ..Expected::default() };
    for wish in rest.split(" & ").filter(|wish| !wish.is_empty()) {
        let wish = match (wish, wish.split_once('='), wish.split_once('~')) {
            ("bare", _, _) => {
                expected.is_bare = true;
                continue;
            }
            (_, _, Some((name, text))) if !name.contains('=') => {
                Wish { name: name.to_owned(), text: text.to_owned(), is_whole: false }
            }
            (_, Some((name, text)), _) => {
                Wish { name: name.to_owned(), text: text.to_owned(), is_whole: true }
            }
            _ => return None,
        };
        expected.members.push(wish);
    }
    Some(expected)
}

/// `\r`, `\n`, `\t`, `\\`, `\xNN`, and `<<5*ab>>` for `ababababab`.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let taken = if let Some(repeated) = rest.strip_prefix("<<") {
            let (count, repeated) = repeated.split_once('*').unwrap();
            let (piece, after) = repeated.split_once(">>").unwrap();
            bytes.extend(unescape(piece).repeat(count.parse().unwrap()));
            rest.len() - after.len()
        } else if let Some(hex) = rest.strip_prefix("\\x") {
            bytes.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            4
        } else if let Some(escape) = rest.strip_prefix('\\') {
            bytes.push(match escape.chars().next().unwrap() {
                'r' => b'\r',
                'n' => b'\n',
                't' => b'\t',
                '\\' => b'\\',
                other => panic!("\\{other} means nothing"),
            });
            2
        } else {
            let first = rest.chars().next().unwrap();
            bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    bytes
}
