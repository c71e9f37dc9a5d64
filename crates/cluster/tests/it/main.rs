//! The server that tests get.

use cluster::{Database, Server, Stop};

#[test]
fn each_test_has_a_database_of_its_own() {
    let server = Server::shared();
    let (one, two) = (Database::empty(), Database::empty());
    server.psql(one.name(), &["create table a (b int)"]);
    assert!(server.try_psql(two.name(), &["table a"]).unwrap_err().contains("does not exist"));
    let name = one.name().to_owned();
    drop(one);
    assert!(server.try_psql(&name, &["select 1"]).unwrap_err().contains("does not exist"));
}

#[test]
fn a_template_is_filled_once() {
    let template = format!("filled_{}", std::process::id());
    let fill = |url: &str| {
        let name = url.rsplit('/').next().unwrap();
        Server::shared().psql(name, &["create table a (b int)", "insert into a values (7)"]);
    };
    let one = Database::copied(&template, fill);
    let two = Database::copied(&template, |_| panic!("it was filled already"));
    for copy in [one, two] {
        assert_eq!(Server::shared().psql(copy.name(), &["table a"]), "7");
    }
}

#[test]
fn a_private_server_keeps_what_it_confirmed() {
    let server = Server::private("", &[("mine", b"text")]);
    assert_eq!(server.psql("postgres", &["show fsync"]), "on");
    assert_eq!(server.psql("postgres", &["select pg_read_file('mine')"]), "text");
    server.psql("postgres", &["create table a (b int)", "insert into a values (7)"]);
    for how in [Stop::Crash, Stop::Fast] {
        server.stop(how);
        assert!(server.try_psql("postgres", &["table a"]).is_err());
        server.start();
        assert_eq!(server.psql("postgres", &["table a"]), "7");
    }
    let folder = server.folder().to_owned();
    drop(server);
    assert!(!folder.exists());
}
