//! Makes the folder of the built dashboard when there is none, so that it can be embedded and
//! watched: Cargo takes a missing path for one that always changed, and would compile this crate
//! anew at each build.

fn main() -> std::io::Result<()> {
    let dashboard = "../dashboard/dist";
    std::fs::create_dir_all(dashboard)?;
    println!("cargo::rerun-if-changed={dashboard}");
    Ok(())
}
