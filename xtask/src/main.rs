//! Tasks of the repository: `cargo xtask <task>`.

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the root");
    xtask::codegen::write(root)
}
