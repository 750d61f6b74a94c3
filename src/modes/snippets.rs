//! `run`: from its options to the face that plays snippets.

use std::io::IsTerminal;
use std::sync::Arc;

use super::dialing::Dialing;
use crate::args::{Invocation, Run};
use crate::batch;
use crate::batch::trust::Trusted;
use crate::config::{Account, paths};
use crate::demo::Demo;
use crate::runner;

/// `run`, on a server or on the demo.
pub(super) async fn run(
    call: &Invocation,
    account: Account,
    demo: Option<Demo>,
    run: &Run,
) -> Result<u8, String> {
    let general = account.general;
    let run = run.clone();
    let wishes = runner::run::Wishes {
        files: run.files,
        define: run.define,
        how: batch::load::How {
            dialect: run.dialect,
            allow_destructive: run.allow_destructive,
        },
        each: run.each,
        jobs: run.jobs,
        dry_run: run.dry_run,
        trust: run.trust,
        choice: run.choice,
        report: run.report,
        resume: run.resume,
        rerun_unfinished: run.rerun_unfinished,
        undo: run.undo,
        undo_on_failure: run.undo_on_failure,
        junit: run.junit,
        json: run.json,
        verbose: general.verbose,
        safe: general.safe,
        yes: general.yes,
    };
    let lent = runner::run::Lent {
        profile: batch::load::profile(&account.plan),
        dial: Arc::new(Dialing::new(call.wishes.clone(), account.plan, demo)),
        out: std::io::stdout(),
        errors: std::io::stderr(),
        terminal: std::io::stderr().is_terminal(),
        ask: runner::password::on_terminal(),
        confirm: Box::new(runner::run::asking::ask_on_terminal),
        signals: runner::signals::all(),
        trusted: Trusted::at(paths::trusted_file()),
    };
    runner::run::run(wishes, lent).await
}
