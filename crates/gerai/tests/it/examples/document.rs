//! A document's examples, read from its folder.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// Whose sandbox credentials are filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Credentials {
    Midtrans,
    Cronos,
    Sengo,
    Ayolinx,
}

/// What is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Signs {
    /// What the document says.
    #[default]
    Documented,
    /// The bytes, where they are no JSON that could be encoded again.
    Raw,
}

/// A folder of `tests/examples`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) credentials: Credentials,
    /// The headers of a request; names in braces are filled in.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) cases: Vec<Case>,
}

/// One request, and what it is answered with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) path: String,
    /// A file's name, and then what is in it.
    pub(super) body: String,
    /// What of the body is replaced, by what.
    #[serde(default)]
    pub(super) fills: BTreeMap<String, String>,
    /// Headers instead of the document's.
    pub(super) headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) signs: Signs,
    /// Options of the demo account, `name=value`.
    #[serde(default)]
    pub(super) options: Vec<String>,
    pub(super) status: u16,
    /// Members by pointer, where no answer is printed.
    #[serde(default)]
    pub(super) members: BTreeMap<String, Value>,
    /// The file with the printed answer, and then what is in it.
    pub(super) answer: Option<String>,
    /// Members of the printed answer that have other values: these, or values of this shape.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Value>,
    /// Members that are answered beside the printed ones.
    #[serde(default)]
    pub(super) adds: Vec<Added>,
}

/// A member that is answered beside the printed ones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    /// The pointer to the object that has it.
    pub(super) to: String,
    /// The member before it.
    pub(super) after: String,
    pub(super) name: String,
    pub(super) value: Value,
}

impl Document {
    /// Reads `cases.json` and the files that it names.
    pub(super) fn read(folder: &Path) -> Self {
        let read = |name: &str| {
            let path = folder.join(name);
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            // The file ends in a newline; what is printed does not.
            text.strip_suffix('\n').unwrap_or(&text).to_owned()
        };
        let mut document: Self = serde_json::from_str(&read("cases.json")).unwrap();
        for case in &mut document.cases {
            case.body = read(&case.body);
            case.answer = case.answer.as_deref().map(read);
        }
        document
    }
}
