//! Links by square cells of the plane: the fastest index for lines that never move.

/// Side of a cell at least; about a block, so that a search of 40 m looks into four cells or fewer.
const CELL_M: f32 = 100.0;

/// Cells at most; a larger region gets larger cells.
const CELLS_MAX: f32 = 4_194_304.0;

/// Links by the cells that their segments touch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    pub(crate) low: [f32; 2],
    pub(crate) cell_m: f32,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) starts: Vec<u32>,
    pub(crate) links: Vec<u32>,
}

impl Grid {
    /// A grid over lines, given in the order of their link numbers.
    pub(crate) fn new<'a>(lines: impl Iterator<Item = &'a [[f32; 2]]> + Clone) -> Self {
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for point in lines.clone().flatten() {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        if low[0] > high[0] {
            (low, high) = ([0.0; 2], [0.0; 2]);
        }
        let mut cell_m = CELL_M;
        let size = |cell_m: f32| {
            [
                ((high[0] - low[0]) / cell_m).floor() + 1.0,
                ((high[1] - low[1]) / cell_m).floor() + 1.0,
            ]
        };
        while size(cell_m)[0] * size(cell_m)[1] > CELLS_MAX {
            cell_m *= 2.0;
        }
        let [columns, rows] = size(cell_m).map(|cells| cells as u32);
        let mut grid = Self { low, cell_m, columns, rows, starts: Vec::new(), links: Vec::new() };
        let mut pairs = Vec::new();
        for (link, line) in lines.enumerate() {
            let first = pairs.len();
            for pair in line.windows(2) {
                grid.cells_under(pair[0], pair[1], |cell| pairs.push((cell, link as u32)));
            }
            pairs[first..].sort_unstable();
        }
        pairs.sort_unstable();
        pairs.dedup();
        grid.starts = vec![0; (columns * rows + 1) as usize];
        for &(cell, _) in &pairs {
            grid.starts[cell as usize + 1] += 1;
        }
        for cell in 0..(columns * rows) as usize {
            grid.starts[cell + 1] += grid.starts[cell];
        }
        grid.links = pairs.into_iter().map(|(_, link)| link).collect();
        grid
    }

    /// Links of all cells within a radius, some of them more than once.
    pub(crate) fn links_near(&self, at: [f32; 2], radius_m: f32, mut visit: impl FnMut(u32)) {
        let low = [at[0] - radius_m, at[1] - radius_m];
        let high = [at[0] + radius_m, at[1] + radius_m];
        self.cells(low, high, |cell| {
            let range =
                self.starts[cell as usize] as usize..self.starts[cell as usize + 1] as usize;
            self.links[range].iter().for_each(|&link| visit(link));
        });
    }

    /// Whether a point is within the cells, or beside them by less than one.
    pub(crate) fn covers(&self, at: [f32; 2]) -> bool {
        let within = |axis: usize, cells: u32| {
            let cell = (at[axis] - self.low[axis]) / self.cell_m;
            (-1.0..=cells as f32 + 1.0).contains(&cell)
        };
        !self.links.is_empty() && within(0, self.columns) && within(1, self.rows)
    }

    /// Cells that a segment passes, row by row: the box around a long one has far more.
    fn cells_under(&self, from: [f32; 2], to: [f32; 2], mut visit: impl FnMut(u32)) {
        let [south, north] = if from[1] <= to[1] { [from, to] } else { [to, from] };
        let row =
            |y: f32| (((y - self.low[1]) / self.cell_m).floor().max(0.0) as u32).min(self.rows - 1);
        let (first, last) = (row(south[1]), row(north[1]));
        // Places on an edge are rounded to either side.
        let slack_m = self.cell_m * 1e-2;
        for row in first..=last {
            let edge = |row: u32| self.low[1] + row as f32 * self.cell_m;
            let x = |y: f32| {
                let part = ((y - south[1]) / (north[1] - south[1])).clamp(0.0, 1.0);
                south[0] + part * (north[0] - south[0])
            };
            let [a, b] = if first == last {
                [south[0], north[0]]
            } else {
                [x(edge(row) - slack_m), x(edge(row + 1) + slack_m)]
            };
            let middle = edge(row) + self.cell_m / 2.0;
            let low = [a.min(b) - slack_m, middle];
            self.cells(low, [a.max(b) + slack_m, middle], &mut visit);
        }
    }

    fn cells(&self, low: [f32; 2], high: [f32; 2], mut visit: impl FnMut(u32)) {
        let range = |axis: usize, cells: u32| {
            let cell = |at: f32| ((at - self.low[axis]) / self.cell_m).floor();
            let (first, last) = (cell(low[axis]), cell(high[axis]));
            // NaN and what lies outside give no cell.
            let inside = last >= 0.0 && first < cells as f32;
            inside.then(|| (first.max(0.0) as u32, (last as u32).min(cells - 1)))
        };
        let (Some((west, east)), Some((south, north))) =
            (range(0, self.columns), range(1, self.rows))
        else {
            return;
        };
        for row in south..=north {
            for column in west..=east {
                visit(row * self.columns + column);
            }
        }
    }
}
