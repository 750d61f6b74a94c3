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
    let wishes = Run {
        verbose: general.verbose,
        safe: general.safe,
        yes: general.yes,
        ..run.clone()
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
    // Where the connections' tasks are, too: what they tell crosses no thread.
    let run = tokio::spawn(runner::run::run(wishes, lent));
    run.await
        .unwrap_or_else(|_| Err("the run ended by a mistake of imapsh's own".to_owned()))
}
