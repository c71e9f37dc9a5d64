//! What takes two persons in production (rule 20). Another person is another user of the operating
//! system, and only root can become one: without root, these tests end where the second person
//! would begin, and `control::tests` goes on with two persons inside the process.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Command, Stdio},
};

use nix::unistd::{Gid, Group, Uid, User};
use serde_json::{Value, json};

use super::production::Site;
use crate::drive::{
    merchant::{Merchant, charge_body, new_order, text},
    process::{Ended, Server, run_command},
};

/// A user that is not us, where we may become one.
pub(super) struct Second {
    user: User,
    group: Group,
    /// The program where every user can start it.
    program: PathBuf,
}

impl Second {
    /// The user with number 1, which every Linux has, and its group; none unless we are root.
    pub(super) fn person() -> Option<(User, Group)> {
        if !Uid::effective().is_root() {
            return None;
        }
        let user = User::from_uid(Uid::from_raw(1)).unwrap().unwrap();
        let group = Group::from_gid(user.gid).unwrap().unwrap();
        Some((user, group))
    }

    pub(super) fn at(site: &Site, (user, group): (User, Group)) -> Self {
        let program = site.folder.join("gerai");
        std::fs::copy(env!("CARGO_BIN_EXE_gerai"), &program).unwrap();
        for (path, mode) in [
            (site.folder.path().to_owned(), 0o755),
            (program.clone(), 0o755),
            (PathBuf::from(&site.config), 0o644),
        ] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        }
        Self { user, group, program }
    }

    pub(super) fn operates(&self, site: &Site, words: &[&str]) -> Ended {
        self.operates_in(self.group.gid, site, words)
    }

    fn operates_in(&self, group: Gid, site: &Site, words: &[&str]) -> Ended {
        let mut command = Command::new(&self.program);
        command.args(words).args(["--config", &site.config, "--json"]).stdin(Stdio::null());
        // Whatever it says it is.
        command.env_clear().env("USER", "root").env("LOGNAME", "root").env("SUDO_UID", "0");
        command.current_dir("/").uid(self.user.uid.as_raw()).gid(group.as_raw());
        run_command(&mut command)
    }
}

fn site(what: &str, second: Option<&(User, Group)>) -> Site {
    let group = second.map_or("", |(_, group)| group.name.as_str());
    Site::new(what, &format!("operators_group = '{group}'"))
}

/// The HTTP-like code that a charge with this key is answered with.
fn charge(server: &Server, server_key: &str) -> String {
    let merchant = Merchant { api: server.api, server_key: server_key.to_owned() };
    let body = charge_body(&new_order(), "alfamart", 50_000).to_string();
    merchant.send("POST", "/v2/charge", &[], body.as_bytes()).member("status_code")
}

fn key(shown: &Value) -> String {
    text(&shown["keys"][0], "secret").to_owned()
}

#[test]
fn a_merchants_key_takes_two_persons() {
    let person = Second::person();
    let site = site("two-persons", person.as_ref());
    let server = site.serve();
    let added = site.operate(&["merchant", "add", "Toko Maju"]).json();
    let id = text(&added, "merchant_id");
    let old = key(&added);

    let without = site.operate(&["merchant", "rotate-key", id]).sentence();
    assert!(without.contains("--reason"), "{without}");
    let rotate = ["merchant", "rotate-key", "Toko Maju", "--overlap", "0", "--reason", "it leaked"];
    let proposed = site.operate(&rotate).json();
    assert_eq!((&proposed["proposal"], &proposed["state"]), (&json!(1), &json!("open")));
    assert!(proposed.get("keys").is_none(), "{proposed}");
    let command = format!("merchant rotate-key {id} --dialect midtrans --overlap 0");
    assert_eq!(text(&proposed, "command"), command, "a name may change, the id does not");
    assert!(site.operate(&rotate).sentence().contains("proposal 1 asks for the same"));
    assert_eq!(site.operate(&["approve", "list"]).json(), json!([proposed]));
    assert_eq!(site.operate(&["approve", "show", "1"]).json(), proposed);

    let own = site.operate(&["approve", "yes", "1"]).sentence();
    assert!(own.contains("another person has to approve it"), "{own}");
    let unknown = site.operate(&["approve", "yes", "7"]).sentence();
    assert!(unknown.contains("there is no proposal 7"), "{unknown}");
    assert_eq!(charge(&server, &old), "201", "nothing has changed");

    let Some(person) = person else { return };
    let second = Second::at(&site, person);
    // Who is not in the group cannot say anything.
    let stranger = second.operates_in(Gid::from_raw(65_533), &site, &["approve", "yes", "1"]);
    assert!(stranger.sentence().contains("cannot reach"), "the socket is open to everybody");
    let approved = second.operates(&site, &["approve", "yes", "1"]).json();
    let new = key(&approved);
    assert_eq!((charge(&server, &old), charge(&server, &new)), ("401".into(), "201".into()));
    let again = second.operates(&site, &["approve", "yes", "1"]).sentence();
    assert!(again.contains("proposal 1 is done already"), "{again}");

    assert_eq!(site.operate(&["approve", "list"]).json(), json!([]));
    let kept = site.operate(&["approve", "list", "--all"]).json();
    let who = format!("{} (uid 1)", second.user.name);
    assert_eq!((&kept[0]["state"], &kept[0]["decided_by"]), (&json!("done"), &json!(who)));
    let log = server.log();
    for said in ["it leaked", &who, id] {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(!log.contains(&new) && !kept.to_string().contains(&new), "a secret is shown again");
    assert_eq!(site.operate(&["verify"]).json()["clean"], true);
}

#[test]
fn so_do_a_counters_key_and_the_master_key() {
    let person = Second::person();
    let site = site("other-keys", person.as_ref());
    let server = site.serve();
    site.operate(&["counter", "add", "Switch A"]).json();
    let counter = ["counter", "rotate-key", "Switch A", "--reason", "yearly"];
    assert_eq!(site.operate(&counter).json()["proposal"], 1);
    let before = std::fs::read_to_string(site.folder.join("master.key")).unwrap();
    let master = ["master-key", "rotate", "--reason", "yearly"];
    assert_eq!(site.operate(&master).json()["command"], "master-key rotate");
    let bad = ["counter", "rotate-key", "Switch B", "--reason", "yearly"];
    assert!(site.operate(&bad).sentence().contains("there is no counter `Switch B`"));
    assert_eq!(std::fs::read_to_string(site.folder.join("master.key")).unwrap(), before);

    let rejected = site.operate(&["approve", "no", "1", "--reason", "not this year"]).json();
    assert_eq!(
        (&rejected["state"], &rejected["why"]),
        (&json!("rejected"), &json!("not this year"))
    );
    assert_eq!(site.operate(&counter).json()["proposal"], 3);

    let Some(person) = person else { return };
    let second = Second::at(&site, person);
    let approved = second.operates(&site, &["approve", "yes", "3"]).json();
    assert_eq!(key(&approved).len(), 64);
    let approved = second.operates(&site, &["approve", "yes", "2"]).json();
    assert_eq!(approved, json!({ "master_key": "replaced" }));
    assert_ne!(std::fs::read_to_string(site.folder.join("master.key")).unwrap(), before);
    // The other way round, too: what the second person proposes, we approve, without a server.
    let proposed = second.operates(&site, &[&master[..2], &["--reason", "again"]].concat()).json();
    assert_eq!(proposed["proposal"], 4);
    assert_eq!(server.stop().code, Some(0));
    site.operate(&["approve", "yes", "4"]).json();
    assert_eq!(site.operate(&["verify"]).json()["clean"], true);
}

#[test]
fn without_a_server_one_person_is_one_person() {
    let site = site("alone", None);
    let id = site.operate(&["merchant", "add", "Toko Maju"]).json();
    let rotate = ["merchant", "rotate-key", text(&id, "merchant_id"), "--reason", "it leaked"];
    assert_eq!(site.operate(&rotate).json()["state"], "open");
    let own = site.operate(&["approve", "yes", "1"]).sentence();
    assert!(own.contains("another person has to approve it"), "{own}");
}

#[test]
fn a_company_of_one_may_say_so_and_is_warned() {
    let site = Site::new("one-person", "approvals = 'one'");
    let server = site.serve();
    server.wait_for_log("a single person may replace keys");
    let added = site.operate(&["merchant", "add", "Toko Maju"]).json();
    let rotated = site.operate(&["merchant", "rotate-key", text(&added, "merchant_id")]).json();
    assert_ne!(key(&rotated), key(&added));
    server.wait_for_log("carried out without a second person");
    assert_eq!(server.stop().code, Some(0));

    let site = Site::new("three-persons", "approvals = 'three'");
    let sentence = site.operate(&["merchant", "list"]).sentence();
    assert!(sentence.contains("approvals"), "{sentence}");
    let site = Site::new("no-such-group", "operators_group = 'no such group'");
    let refused = crate::drive::process::run(&["serve", "--config", &site.config]).sentence();
    assert!(refused.contains("no such group"), "{refused}");
}

#[test]
fn so_does_a_retailers_file_and_what_is_posted_is_what_was_proposed() {
    let person = Second::person();
    let profile = "[reconcile.plain]\nretailer = 'alfamart'\nname = 'plain_{date:%Y%m%d}.csv'\n\
        sale_key = 'sale'\nlayout = { delimiter = ',' }\ncolumns = { sale = 1, code = 2, amount = 3 }\n";
    let group = person.as_ref().map_or("", |(_, group)| group.name.as_str());
    let site = Site::new("two-persons-file", &format!("operators_group = '{group}'\n{profile}"));
    let server = site.serve();
    site.operate(&["counter", "add", "Switch A"]).json();
    let file = site.folder.write("plain_20261120.csv", "S-1,81123456,50000\n");
    let words = ["reconcile", "alfamart", file.to_str().unwrap()];
    let apply = |reason: &[&str]| site.operate(&[&words[..], &["--apply"], reason].concat());
    assert!(apply(&[]).sentence().contains("--reason"));
    let out = site.folder.join("rows");
    let output = ["--reason", "20 November", "--output", out.to_str().unwrap()];
    let proposed = apply(&output).json();
    let command = text(&proposed, "command");
    assert!(command.starts_with("reconcile alfamart plain_20261120.csv --date 2026-11-20 --apply"));
    assert!(command.contains("sha256"), "{command}");
    assert_eq!(site.operate(&["reconcile", "alfamart", "--open"]).json(), json!([]));

    let Some(person) = person else { return };
    let second = Second::at(&site, person);
    // Whatever becomes of the file meanwhile.
    std::fs::write(&file, "S-1,81123456,50000\nS-2,81123457,70000\n").unwrap();
    let done = second.operates(&site, &["approve", "yes", "1"]).json();
    assert_eq!((&done["lines"], &done["unapplied"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(site.operate(&["verify"]).json()["clean"], true);
    assert_eq!(server.stop().code, Some(0));
}
