//! Tests of what traffic emits. Cases are in `tests/data/emission`.

mod noise;
mod power;
mod vsp;
mod wear;

/// Rows of a table of cases as cells by column, without comments; the header is the first row left.
pub(crate) fn rows(name: &str) -> Vec<Vec<String>> {
    let path = format!("{}/data/emission/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    lines.skip(1).map(cells).collect()
}

/// The number in a cell.
pub(crate) fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("`{cell}` is no number"))
}
