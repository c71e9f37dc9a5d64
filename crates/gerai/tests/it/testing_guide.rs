//! What docs/testing.md tells merchants to do, done as it is printed: its files in a folder of their
//! own, and the steps of its workflow one after the other, against the built program.
//!
//! Nothing is downloaded: pip and npm install from what `make deps` has fetched.

use std::{
    env,
    fs::{read_to_string, write},
    path::Path,
    process::{Command, Output},
};

use crate::drive::{
    folder::Folder,
    process::{project, tell},
};

/// Where `make deps` leaves what pip and npm install from.
const FETCHED: &str = ".test-deps/merchant";

/// The steps that run a test tool, what the tool says when all of the sample's tests pass, and the
/// sample's check of a signature with a change after which it must fail.
const TOOLS: [(&str, &str, [&str; 3]); 3] = [
    (
        "pytest test_shop.py",
        "3 passed",
        ["shop.py", "gross_amount\"] + SERVER_KEY", "gross_amount\"]"],
    ),
    (
        "vitest run shop.test.js",
        "Tests  3 passed",
        ["shop.js", "gross_amount + SERVER_KEY", "gross_amount"],
    ),
    (
        "phpunit ShopTest.php",
        "OK (3 tests",
        ["Shop.php", "gross_amount'] . self::SERVER_KEY", "gross_amount']"],
    ),
];

#[test]
fn a_merchants_workflow_is_green_as_printed() {
    let guide = Guide::read();
    let folder = Folder::new("merchant");
    guide.unpack(folder.path());
    let lock = "tests/merchant/package-lock.json";
    std::fs::copy(project().join(lock), folder.join("package-lock.json")).unwrap();

    let mut green: Vec<&str> = Vec::new();
    for step in &guide.steps {
        let output = guide.run(step, folder.path());
        let said = tell(&output);
        assert!(output.status.success(), "{step}: {said}");
        let is_green = |tool: &&(&str, &str, _)| step.ends_with(tool.0) && says(&said, tool.1);
        green.extend(TOOLS.iter().filter(is_green).map(|tool| tool.0));
    }
    assert_eq!(green.len(), TOOLS.len(), "each tool runs the sample's three tests: {green:?}");

    // Tests that cannot fail would be green, too.
    for (tool, _, [file, right, wrong]) in TOOLS {
        let text = read_to_string(folder.join(file)).unwrap();
        assert_eq!(text.matches(right).count(), 1, "{file}");
        folder.write(file, &text.replace(right, wrong));
        let step = guide.steps.iter().find(|step| step.ends_with(tool)).unwrap();
        let output = guide.run(step, folder.path());
        assert!(!output.status.success(), "{tool} does not notice: {}", tell(&output));
    }
}

#[test]
fn what_is_printed_is_what_is_pinned() {
    let guide = Guide::read();
    let pinned = |file: &str| read_to_string(project().join("tests/merchant").join(file)).unwrap();
    let printed = guide.files.iter().find(|(name, _)| name == "package.json").unwrap();
    assert_eq!(printed.1, pinned("package.json"));
    let pip = guide.steps.iter().find_map(|step| step.split_once("pip install ")).unwrap().1;
    assert!(pinned("requirements.txt").lines().any(|line| line == pip), "{pip}");
}

/// Whether a tool said so, whatever colours it said it in and however it spaced its columns.
fn says(said: &str, what: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain(said).contains(&plain(what))
}

/// The page, taken apart.
struct Guide {
    /// Files that are printed whole: their names and their texts.
    files: Vec<(String, String)>,
    /// What the workflow runs, in order.
    steps: Vec<String>,
    /// The environment of its steps.
    settings: Vec<(String, String)>,
}

impl Guide {
    /// Takes it apart: a fence below a line that is a name in bold is the file of that name.
    fn read() -> Self {
        let page = read_to_string(project().join("docs/testing.md")).unwrap();
        let mut files = Vec::new();
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            let name = line.strip_prefix("**`").and_then(|rest| rest.strip_suffix("`**"));
            let Some(name) = name else { continue };
            assert_eq!(lines.next(), Some(""), "below {name}");
            assert!(lines.next().is_some_and(|fence| fence.starts_with("```")), "below {name}");
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            files.push((name.to_owned(), text.join("\n") + "\n"));
        }
        let is_workflow = |(name, _): &(String, String)| name.starts_with(".github/workflows/");
        let place = files.iter().position(is_workflow).unwrap();
        let (_, workflow) = files.remove(place);
        let steps = workflow.lines().filter_map(|line| line.trim().strip_prefix("- run: "));
        let steps: Vec<_> = steps.map(str::to_owned).collect();
        // A step of another form would be left out.
        assert_eq!(steps.len(), workflow.matches("run:").count(), "{workflow}");
        let (_, below) = workflow.split_once("\nenv:\n").unwrap();
        let settings = below.lines().map_while(|line| line.strip_prefix("  ")?.split_once(": "));
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { files, steps, settings }
    }

    fn unpack(&self, folder: &Path) {
        for (name, text) in &self.files {
            write(folder.join(name), text).unwrap();
        }
    }

    /// Runs a step as GitHub's machines do, with the program on the `PATH`.
    fn run(&self, step: &str, folder: &Path) -> Output {
        let fetched = project().join(FETCHED);
        assert!(fetched.join(".installed").exists(), "{FETCHED} is missing: run `make deps`");
        let program = Path::new(env!("CARGO_BIN_EXE_gerai")).parent().unwrap().to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([program].into_iter().chain(env::split_paths(&path))).unwrap();
        let mut command = Command::new("bash");
        command
            .args(["-e", "-c", step])
            .current_dir(folder)
            .env("PATH", path)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("NO_COLOR", "1")
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PIP_NO_INDEX", "1")
            .env("PIP_FIND_LINKS", fetched.join("wheels"))
            .env("npm_config_cache", fetched.join("npm"))
            .env("npm_config_offline", "true")
            .env("npm_config_audit", "false");
        command.output().unwrap()
    }
}
