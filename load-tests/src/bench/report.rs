//! Figures as Markdown, for `load-tests/results/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use super::Figure;

/// What was run, on which machine, and the figures: a table for those with plain names, and for
/// names with parts (`quantity/case/day`) a table for each quantity, its last part across.
///
/// ```
/// use load_tests::bench::{Figure, report};
///
/// let figure = |name| Figure::below(name, 7.5, "%", 6.0).against(Some(9.62));
/// let text = report::markdown("bench accuracy", &[figure("speed/10pct/test")]);
/// assert!(text.contains("## `speed`, %, target 6"));
/// assert!(text.contains("| 10pct | **7.50** (9.62) |"));
/// ```
pub fn markdown(command: &str, figures: &[Figure]) -> String {
    let mut text = format!("# `{command}`\n\n{}\n", circumstances());
    let plain: Vec<&Figure> = figures.iter().filter(|figure| !figure.name.contains('/')).collect();
    if !plain.is_empty() {
        text.push_str("\n| figure | measured | unit | target |\n| --- | --- | --- | --- |\n");
    }
    for Figure { name, figure, unit, target, met, .. } in plain {
        let target = target.map_or_else(String::new, |target| format!("{target}{}", verdict(*met)));
        let _ = writeln!(text, "| `{name}` | {figure:.3} | {unit} | {target} |");
    }
    let mut quantities: Vec<(&str, Vec<&Figure>)> = Vec::new();
    for figure in figures {
        let Some((quantity, _)) = figure.name.split_once('/') else { continue };
        match quantities.iter_mut().find(|(known, _)| *known == quantity) {
            Some((_, figures)) => figures.push(figure),
            None => quantities.push((quantity, vec![figure])),
        }
    }
    for (quantity, figures) in quantities {
        text.push_str(&table(quantity, &figures));
    }
    text
}

fn verdict(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => ": met",
        Some(false) => ": missed",
        None => "",
    }
}

/// All figures of a quantity: rows by the middle parts of the names, columns by the last.
fn table(quantity: &str, figures: &[&Figure]) -> String {
    let (mut rows, mut columns) = (Vec::new(), Vec::new());
    let mut cells = BTreeMap::new();
    for figure in figures {
        let (front, column) = figure.name.rsplit_once('/').unwrap_or((&figure.name, ""));
        let row = front.split_once('/').map_or("", |(_, row)| row);
        for (all, one) in [(&mut rows, row), (&mut columns, column)] {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        cells.insert((row, column), *figure);
    }
    let mut text = format!("\n## `{quantity}`");
    if let Some(first) = figures.first() {
        let _ = write!(text, ", {}", first.unit);
        if let Some(target) = first.target {
            let _ = write!(text, ", target {target}");
        }
    }
    text.push_str(
        "\n\nIn brackets the naive method on the same data; bold misses the target.\n\n|  |",
    );
    for column in &columns {
        let _ = write!(text, " {column} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(columns.len()));
    text.push('\n');
    for row in rows {
        let _ = write!(text, "| {row} |");
        for column in &columns {
            text.push_str(&cells.get(&(row, *column)).map_or_else(String::new, |f| cell(f)));
            text.push_str(" |");
        }
        text.push('\n');
    }
    text
}

fn cell(figure: &Figure) -> String {
    let Figure { figure, met, baseline, .. } = figure;
    let value = match met {
        Some(false) => format!(" **{figure:.2}**"),
        _ => format!(" {figure:.2}"),
    };
    baseline.map_or(value.clone(), |baseline| format!("{value} ({baseline:.2})"))
}

/// Day, commit and machine.
fn circumstances() -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".into());
    let changes = said("git", &["status", "--porcelain", "--untracked-files=no"]);
    let suffix = if changes.is_some_and(|changes| !changes.is_empty()) { ", changed" } else { "" };
    let rust = said("rustc", &["--version"]).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let field = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches(['=', ':', '"', ' ', '\t']).to_owned())
    };
    let system = field("/etc/os-release", "PRETTY_NAME").unwrap_or_default();
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let memory_kib: Option<u64> = memory.split(' ').next().and_then(|number| number.parse().ok());
    let gib = memory_kib.map_or(0, |kib| (kib >> 19).div_ceil(2));
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
    format!(
        "{day}, commit {commit}{suffix}, release build. Machine: {cores} virtual cores, \
         {gib} GiB, {system}, {rust}."
    )
}
