//! The options of `run`.

use std::path::Path;

use super::{Stop, usage};
use crate::batch::load::How;
use crate::batch::{Choice, Shard};
use crate::config::settings::{Layers, Setting};
pub use crate::runner::run::Wishes as Run;
use crate::snippet::script::Dialect;

/// Options that `run` alone has.
const OPTIONS: &[&str] = &[
    "define",
    "each",
    "jobs",
    "dry-run",
    "trust",
    "dialect",
    "allow-destructive",
    "only",
    "skip",
    "shard",
    "report",
    "resume",
    "rerun-unfinished",
    "undo",
    "undo-on-failure",
    "junit",
    "json",
];

/// Options that `check` has, too.
const OF_CHECK: &[&str] = &["dialect"];

/// What to say of the first option of `run`'s that this verb has not, if the command line has one.
pub(super) fn option(layers: &Layers<'_>, word: &str) -> Option<String> {
    let command_line = layers.0.first()?;
    let is_its = |long: &&str| word == "check" && OF_CHECK.contains(long);
    let mut foreign = OPTIONS.iter().filter(|long| !is_its(long));
    let long = foreign.find(|long| command_line.has(long))?;
    let of = if OF_CHECK.contains(long) {
        "run and check"
    } else {
        "run"
    };
    Setting::long(long).map(|setting| format!("{} belongs to {of}", setting.flag()))
}

/// How a snippet is written, and what it may.
pub(super) fn how(layers: &Layers<'_>) -> How {
    How {
        dialect: (layers.text("dialect")).map(|word| Dialect::of(word == "imaptest")),
        allow_destructive: layers.is("allow-destructive"),
    }
}

/// What is asked of `run`; how careful it is the account says.
pub(super) fn read(layers: &Layers<'_>, files: Vec<String>) -> Result<Run, Stop> {
    let path = |long| layers.path(long).map(Path::to_path_buf);
    let shard = layers.text("shard").map(Shard::parse).transpose();
    let shard = shard.map_err(|why| Stop::Usage(format!("--shard {why}")))?;
    let define = layers.list("define").iter();
    let define = define.filter_map(|text| text.split_once('='));
    let run = Run {
        define: define
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        how: how(layers),
        each: path("each"),
        jobs: layers
            .number("jobs")
            .and_then(|jobs| usize::try_from(jobs).ok()),
        dry_run: layers.is("dry-run"),
        trust: layers.is("trust"),
        choice: Choice {
            only: layers.list("only").to_vec(),
            skip: layers.list("skip").to_vec(),
            shard,
        },
        report: path("report"),
        resume: path("resume"),
        rerun_unfinished: layers.is("rerun-unfinished"),
        undo: path("undo"),
        undo_on_failure: layers.is("undo-on-failure"),
        junit: path("junit"),
        json: layers.is("json"),
        files,
        ..Run::default()
    };
    let stdins = run.files.iter().filter(|file| *file == "-").count();
    let each = usize::from(run.each.as_deref() == Some(Path::new("-")));
    if stdins + each > 1 {
        return usage("stdin can be one thing: one snippet (run -) or the rows (--each -)");
    }
    if run.rerun_unfinished && run.resume.is_none() {
        return usage("--rerun-unfinished belongs to --resume");
    }
    Ok(run)
}
