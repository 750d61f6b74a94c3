//! Before anything is connected: which snippets, which rows, which variables, which files are written.

use std::collections::BTreeMap;
use std::io::Write;

use super::asking::Trust;
use super::{Face, Piece};
use crate::batch::load::{self, LoadError, Loaded};
use crate::batch::report::{self, End, Report};
use crate::batch::resume::{Past, Standing};
use crate::batch::rows;
use crate::batch::undo_file::UndoFile;
use crate::batch::{Papers, Row};
use crate::config::near;
use crate::snippet::{Value, Vars};

impl<W: Write, E: Write> Face<W, E> {
    pub(super) fn load(&mut self, trust: &Trust<'_>) -> Result<Vec<Loaded>, LoadError> {
        let mut all = Vec::new();
        let how = self.wishes.how;
        let files = load::files(&self.wishes.files, &how).map_err(LoadError::Usage)?;
        for name in files {
            let stem = std::path::Path::new(&name).file_stem().unwrap_or_default();
            let left_out = |skip: &String| *skip == name || stem == skip.as_str();
            if self.wishes.choice.skip.iter().any(left_out) {
                continue;
            }
            // Reading what it includes does nothing yet; then it is asked about, whole.
            let mut loaded = load::load(&name, true, &how)?;
            let asked = trust.of(&loaded.name, &loaded.digest, &loaded.wants);
            asked.map_err(LoadError::Usage)?;
            if !trust.yes {
                loaded.folder.narrow(loaded.outside.iter().cloned());
            }
            let warnings = std::mem::take(&mut loaded.warnings);
            self.diagnostics(&warnings);
            all.push(loaded);
        }
        if all.is_empty() {
            return Err(LoadError::Usage("--skip leaves no file to run".to_owned()));
        }
        Ok(all)
    }

    pub(super) fn piece(
        &mut self,
        loaded: Loaded,
        past: Option<&Past>,
        trust: &Trust<'_>,
        profile: &BTreeMap<String, Value>,
    ) -> Result<Piece, String> {
        let all = match (&self.wishes.each, &loaded.script.header.each) {
            (Some(path), _) => {
                let name = path.display().to_string();
                let bytes = load::text(&name)?;
                rows::read(&name, &bytes).map_err(|error| error.to_string())?
            }
            (None, Some((path, _))) => {
                let bytes = loaded.folder.list(path)?;
                rows::read(path, &bytes).map_err(|error| error.to_string())?
            }
            (None, None) => vec![Row::only()],
        };
        let one = matches!(all.as_slice(), [row] if row.name().is_empty());
        let mut rows = Vec::new();
        let mut ended = Vec::new();
        let mut unfinished = Vec::new();
        let standings = match past {
            Some(past) => past.standings(&loaded.name, &all),
            None => vec![Standing::New; all.len()],
        };
        for (row, standing) in all.into_iter().zip(standings) {
            if !one && !self.wishes.choice.takes(&row) {
                continue;
            }
            match standing {
                Standing::New => rows.push(row),
                Standing::Ended(end) => ended.push(*end),
                Standing::Unfinished if self.wishes.rerun_unfinished => rows.push(row),
                Standing::Unfinished => unfinished.push(row),
            }
        }
        if let Some(past) = past {
            let name = loaded.name.clone();
            if past.has_changed(&name, &loaded.digest) {
                self.say(&format!(
                    "{name} is another text than in the run before: its rows that ended stay as they are"
                ));
            }
            let failed = ended.iter().filter(|end| !is_good(end)).count();
            self.say(&format!(
                "{name}: {} rows ended before{}, {} to go",
                ended.len(),
                match failed {
                    0 => String::new(),
                    failed => format!(" ({failed} of them did not pass, and are not run again)"),
                },
                rows.len()
            ));
            for row in &unfinished {
                self.say(&format!(
                    "{name}: row {} {} began and did not end: what it had done by then is not known. \
                     --rerun-unfinished runs it again",
                    row.number,
                    row.name()
                ));
            }
        }
        let piece = Piece {
            loaded,
            rows,
            ended,
            secrets: BTreeMap::new(),
        };
        self.files_of_rows(&piece, trust, profile)?;
        Ok(piece)
    }

    /// A row, or `-D`, may name a file that lies anywhere.
    fn files_of_rows(
        &self,
        piece: &Piece,
        trust: &Trust<'_>,
        profile: &BTreeMap<String, Value>,
    ) -> Result<(), String> {
        let loaded = &piece.loaded;
        let paths = load::outside_of_rows(loaded, &piece.rows, &self.given(piece), profile);
        // Not the snippet alone wants them: other rows are asked about again.
        let digest = load::digest_with(&loaded.digest, &paths);
        let wants: Vec<String> = paths
            .iter()
            .map(|path| load::outside_sentence(path))
            .collect();
        trust.of(&loaded.name, &digest, &wants)?;
        if !trust.yes {
            loaded.folder.narrow(paths);
        }
        Ok(())
    }

    /// `--only` that means nobody, `-D` that means nothing.
    pub(super) fn nobody_is_meant(
        &mut self,
        pieces: &[Piece],
        resumed: bool,
    ) -> Result<(), String> {
        let any = pieces.iter().any(|piece| !piece.rows.is_empty());
        if !any && !resumed {
            let only = self.wishes.choice.only.join(", ");
            return Err(match only.as_str() {
                "" => "no row is left to run (--skip, --shard)".to_owned(),
                only => format!("--only {only}: no row has that value"),
            });
        }
        // imaptest's files read $name, and some are always there.
        if pieces
            .iter()
            .any(|piece| piece.loaded.script.imaptest.is_some())
        {
            return Ok(());
        }
        let mut names: Vec<&str> = Vec::new();
        for piece in pieces {
            names.extend(piece.loaded.script.names_read());
            names.extend(
                piece
                    .loaded
                    .script
                    .header
                    .secrets
                    .iter()
                    .map(|s| s.name.as_str()),
            );
        }
        let unread: Vec<String> = (self.wishes.define.iter())
            .filter(|(name, _)| !names.contains(&name.as_str()))
            .map(|(name, _)| {
                let near = near::hint(name, names.iter().copied());
                format!("-D {name}: the snippet reads no ${{{name}}}{near}")
            })
            .collect();
        match unread.first() {
            Some(sentence) => Err(sentence.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn vars(&self, piece: &Piece, row: &Row, profile: &BTreeMap<String, Value>) -> Vars {
        let secrets = piece.secrets.clone();
        load::vars(row, self.given(piece), secrets, profile.clone())
    }

    /// `-D`; one that a `secret` line names is a secret.
    pub(super) fn given(&self, piece: &Piece) -> BTreeMap<String, Value> {
        let define = self.wishes.define.iter();
        let pairs = define.map(|(name, value)| (name.as_str(), value.as_str()));
        load::given(&piece.loaded.script, pairs)
    }

    pub(super) fn papers(&mut self, pieces: &[Piece]) -> Result<Papers, String> {
        let wishes = &self.wishes;
        let resumed = wishes.resume.as_deref();
        let same = wishes
            .report
            .as_deref()
            .is_none_or(|path| Some(path) == resumed);
        let report = match (&wishes.report, resumed) {
            (_, Some(path)) if same => Some(Report::append(path)),
            (Some(path), _) => Some(Report::create(path)),
            (None, _) => None,
        };
        let report = report.transpose().map_err(|error| error.to_string())?;
        let names: Vec<&str> = pieces.iter().map(|p| p.loaded.name.as_str()).collect();
        let about = format!("{}, {}", names.join(", "), report::now());
        let undo = wishes.undo.as_deref();
        let undo = undo.map(|path| UndoFile::create(path, &about, resumed.is_some()));
        let undo = undo.transpose().map_err(|error| error.to_string())?;
        let papers = Papers::new(report, undo);
        if !same {
            // A report of its own is whole by itself.
            for end in pieces.iter().flat_map(|piece| &piece.ended) {
                papers.copied(end.clone())?;
            }
        }
        Ok(papers)
    }
}

fn is_good(end: &End) -> bool {
    matches!(end.verdict.as_str(), "passed" | "skipped")
}
