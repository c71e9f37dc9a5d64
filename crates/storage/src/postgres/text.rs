//! Statements as this engine reads them. The shared ones are written for SQLite, in words that both
//! understand, but for what is here:
//!
//! - parameters are `$1` rather than `?1`;
//! - hints that only SQLite's planner understands are left out: `indexed by`, `cross join`;
//! - what SQLite executes for each row or key, this engine does for all of them at once.

/// A statement as it is: one value for each parameter.
pub(super) fn plain(sql: &str) -> String {
    parameters(&without_hints(sql), "$")
}

/// A question that is asked for many keys: each parameter is an array with a value for each key. Rows
/// come with the number of their key, from 1, as the last column.
pub(super) fn of_each(sql: &str, values: usize) -> String {
    format!(
        "select x.*, k.i from unnest({}) with ordinality as k({}, i) cross join lateral ({}) as x",
        list(values, "$"),
        list(values, "p"),
        parameters(&without_hints(sql), "k.p"),
    )
}

/// A statement that writes a row, for many of them: each parameter is an array with a value for each
/// row. None for what is no such statement.
pub(super) fn for_all(sql: &str, values: usize) -> Option<String> {
    let source = format!("unnest({})", list(values, "$"));
    if let Some((head, tail)) = sql.split_once(" values (") {
        let (_, conflict) = tail.split_once(')')?;
        return Some(format!("{head} select * from {source}{conflict}"));
    }
    let (head, condition) = sql.split_once(" where ")?;
    let joined = if head.starts_with("delete") { "using" } else { "from" };
    let (head, condition) = (parameters(head, "v.p"), parameters(condition, "v.p"));
    Some(format!("{head} {joined} {source} as v({}) where {condition}", list(values, "p")))
}

/// `$1, $2, …`
fn list(count: usize, prefix: &str) -> String {
    let names: Vec<_> = (1..=count).map(|no| format!("{prefix}{no}")).collect();
    names.join(", ")
}

/// With each `?` before a number written as `prefix`. No shared text holds a question mark otherwise.
fn parameters(sql: &str, prefix: &str) -> String {
    sql.replace('?', prefix)
}

fn without_hints(sql: &str) -> String {
    let text = sql.replace(" cross join ", " join ");
    match text.split_once(" indexed by ") {
        Some((before, after)) => {
            let (_, after) = after.split_once(' ').unwrap_or_default();
            format!("{before} {after}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_go_and_parameters_are_numbered() {
        let sql = "select a from t indexed by t_a where +state = ?1 and b = ?12";
        assert_eq!(plain(sql), "select a from t where +state = $1 and b = $12");
        let sql = "select a from t cross join u on u.a = t.a";
        assert_eq!(plain(sql), "select a from t join u on u.a = t.a");
        assert_eq!(
            of_each("select a from t where b = ?1 and c = ?2", 2),
            "select x.*, k.i from unnest($1, $2) with ordinality as k(p1, p2, i) \
             cross join lateral (select a from t where b = k.p1 and c = k.p2) as x"
        );
    }

    #[test]
    fn what_writes_one_row_writes_all() {
        let insert = "insert into t (a, b) values (?1, ?2) on conflict (a) do nothing";
        assert_eq!(
            for_all(insert, 2).unwrap(),
            "insert into t (a, b) select * from unnest($1, $2) on conflict (a) do nothing"
        );
        let update = "update t set b = b + ?2 where a = ?1";
        assert_eq!(
            for_all(update, 2).unwrap(),
            "update t set b = b + v.p2 from unnest($1, $2) as v(p1, p2) where a = v.p1"
        );
        let delete = "delete from t where a = ?1";
        assert_eq!(
            for_all(delete, 1).unwrap(),
            "delete from t using unnest($1) as v(p1) where a = v.p1"
        );
        assert_eq!(for_all("vacuum", 0), None);
    }
}
