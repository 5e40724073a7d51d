//! Messages stay readable: what was written with an earlier version of a package means the same to a
//! later one, and the other way.

use std::collections::{BTreeMap, BTreeSet};

/// What was released, a line a field. `UPDATE_EXPECT=1` adds what is new; nothing takes a line away.
const RELEASED: &str = "tests/data/schema/tilanne.v1.txt";

/// Why the messages are not compatible with those that were released.
fn broken(released: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<String> {
    let number = |line: &str| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    let by_number: BTreeMap<_, _> = now.iter().map(|line| (number(line), line)).collect();
    let gone = released.iter().filter(|line| !now.contains(*line));
    gone.filter_map(|line| match by_number.get(&number(line)) {
        // A number that is reserved is read by nobody.
        Some(other) if other.ends_with(" reserved") => None,
        Some(other) => Some(format!("`{line}` is now `{other}`")),
        None => Some(format!("`{line}` is gone; reserve its number")),
    })
    .collect()
}

#[test]
fn messages_are_compatible_with_those_released() {
    let path = super::root().join(RELEASED);
    let now = xtask::codegen::signature(&super::root()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut released: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let broken = broken(&released, &now);
    assert!(
        broken.is_empty(),
        "readers of {} would misread: {broken:#?}\nadd a field of another number, or a new package",
        "tilanne.v1"
    );
    let new: Vec<_> = now.difference(&released).cloned().collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        released.extend(new);
        let lines: Vec<_> = released.into_iter().collect();
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    } else {
        assert!(new.is_empty(), "release with UPDATE_EXPECT=1: {new:#?}");
    }
}

#[test]
fn what_would_be_misread_is_found() {
    let set = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<BTreeSet<_>>();
    let released = set(&["p.M 1 id string", "p.M 2 speed double", "p.M 3 old bool"]);
    let fine = set(&["p.M 1 id string", "p.M 2 speed double", "p.M 3 reserved", "p.M 4 new bool"]);
    assert_eq!(broken(&released, &fine), Vec::<String>::new());
    let renamed = set(&["p.M 1 id string", "p.M 2 speed float", "p.M 3 reserved"]);
    assert_eq!(broken(&released, &renamed), ["`p.M 2 speed double` is now `p.M 2 speed float`"]);
    let gone = set(&["p.M 1 id string", "p.M 2 speed double"]);
    assert_eq!(broken(&released, &gone), ["`p.M 3 old bool` is gone; reserve its number"]);
}
