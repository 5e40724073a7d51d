//! Generated code is up to date.

#[test]
fn wire_code_is_what_proto_generates() {
    let root = super::root();
    for (name, text) in xtask::codegen::generate(&root).unwrap() {
        let path = root.join(xtask::codegen::GENERATED).join(&name);
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(committed == text, "{name} is not up to date: run `cargo xtask codegen`");
    }
}
