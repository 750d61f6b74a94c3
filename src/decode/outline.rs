//! What was read, as rows: headings, fields, tables, text. Plain data; a face lays it out.

/// Most rows of one outline: what is more is counted, not kept.
pub const ROW_LIMIT: usize = 5_000;
/// Longest cell kept, in octets.
pub const CELL_LIMIT: usize = 16 * 1024;

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// What one reads last: wire forms, remarks.
    Dim,
    /// As it should be.
    Good,
    /// Worth a look: a quota that is nearly full, a part that cannot be decoded.
    Warning,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// A title.
    Heading,
    /// Name and value, perhaps with a remark behind: neighbours are aligned.
    Field,
    /// A row of a table: neighbours are aligned.
    Cells,
    /// A line of text.
    Text,
}

/// One row. The cells are hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How deep it is indented.
    pub depth: usize,
    /// What it is.
    pub kind: RowKind,
    /// Its columns: octets as they came, or text that was decoded.
    pub cells: Vec<Vec<u8>>,
    /// How it is meant.
    pub tone: Tone,
    /// The MIME part that it stands for: an index into [`super::MimeScan::parts`].
    pub part: Option<usize>,
}

/// Rows, and how many did not fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The rows.
    pub rows: Vec<Row>,
    /// Rows left out.
    pub cut: usize,
}

impl Outline {
    /// Adds a row, if there is room.
    pub fn push(&mut self, mut row: Row) {
        if self.rows.len() >= ROW_LIMIT {
            self.cut += 1;
            return;
        }
        for cell in &mut row.cells {
            if cell.len() > CELL_LIMIT {
                let more = format!(" ... {} octets more", cell.len() - CELL_LIMIT);
                cell.truncate(CELL_LIMIT);
                cell.extend_from_slice(more.as_bytes());
            }
        }
        self.rows.push(row);
    }

    fn add(&mut self, depth: usize, kind: RowKind, cells: Vec<Vec<u8>>, tone: Tone) {
        self.push(Row {
            depth,
            kind,
            cells,
            tone,
            part: None,
        });
    }

    /// A title.
    pub fn heading(&mut self, depth: usize, text: impl Into<Vec<u8>>) {
        self.add(depth, RowKind::Heading, vec![text.into()], Tone::Plain);
    }

    /// A title with a remark (the RFC).
    pub fn titled(&mut self, depth: usize, text: impl Into<Vec<u8>>, remark: impl Into<Vec<u8>>) {
        let cells = vec![text.into(), remark.into()];
        self.add(depth, RowKind::Heading, cells, Tone::Plain);
    }

    /// Name and value.
    pub fn field(&mut self, depth: usize, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let cells = vec![name.into(), value.into()];
        self.add(depth, RowKind::Field, cells, Tone::Plain);
    }

    /// Name, value and a remark.
    pub fn remarked(
        &mut self,
        depth: usize,
        name: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
        remark: impl Into<Vec<u8>>,
        tone: Tone,
    ) {
        let cells = vec![name.into(), value.into(), remark.into()];
        self.add(depth, RowKind::Field, cells, tone);
    }

    /// A row of a table.
    pub fn cells(&mut self, depth: usize, cells: Vec<Vec<u8>>, tone: Tone) {
        self.add(depth, RowKind::Cells, cells, tone);
    }

    /// A line of text.
    pub fn text(&mut self, depth: usize, text: impl Into<Vec<u8>>, tone: Tone) {
        self.add(depth, RowKind::Text, vec![text.into()], tone);
    }

    /// Text of several lines, line ends of any kind.
    pub fn lines(&mut self, depth: usize, text: &[u8], tone: Tone) {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for line in text.split(|b| *b == b'\n') {
            self.text(depth, line.strip_suffix(b"\r").unwrap_or(line), tone);
        }
    }

    /// The rows of another one, so much deeper.
    pub fn append(&mut self, depth: usize, other: Outline) {
        for mut row in other.rows {
            row.depth += depth;
            self.push(row);
        }
        self.cut += other.cut;
    }

    /// As lines of text, two spaces a level, cells parted by ` | `: for tests and for copying. Hostile.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            out.push_str(&"  ".repeat(row.depth));
            let cells: Vec<_> = row
                .cells
                .iter()
                .map(|c| String::from_utf8_lossy(c))
                .collect();
            out.push_str(&cells.join(" | "));
            out.push('\n');
        }
        out
    }
}
