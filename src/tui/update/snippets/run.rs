//! A run: what is asked before it begins, and what the keys do while it goes on and when it is over.

use super::super::super::action::Action;
use super::super::super::effect::Effect;
use super::super::super::field::Line;
use super::super::super::form::Form;
use super::super::super::popup::Popup;
use super::super::super::snippets::words::{self, Lack};
use super::super::super::snippets::{How, RowState, Run, Sort, Stage};
use super::super::super::state::State;
use super::super::{act_as, issue};
use super::begin::{answer, begin};
use super::save::save;
use super::{into_editor, open_list};
use crate::batch::Order;
use crate::catalog::mailbox_argument;
use crate::config::snippets::{Entry, Home};

/// A key on the run's screen.
pub(in super::super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(mut run) = state.snippets.run.take() else {
        return Vec::new();
    };
    state.popup = Some(Popup::Run);
    if run.find.is_some() {
        find(&mut run, action);
        state.snippets.run = Some(run);
        return Vec::new();
    }
    let page = isize::try_from(state.area.height / 3).unwrap_or(5);
    let effects = match action {
        Action::Yes | Action::No => answer(state, &mut run, action == Action::Yes),
        Action::Back if run.dry.take().is_some() => {
            run.look = 0;
            Vec::new()
        }
        Action::Back => return back(state, run),
        Action::Interrupt => interrupt(state, &mut run),
        Action::Play if run.is_going() => {
            state.message = Some("It runs. Ctrl+C stops it after the rows now running.".to_owned());
            Vec::new()
        }
        Action::Play if run.stage != Stage::Ready => {
            match run.rows.chosen().map(|row| row.number) {
                Some(number) => again(state, &mut run, vec![number]),
                None => begin(state, &mut run, How::Through),
            }
        }
        Action::Play => begin(state, &mut run, How::Through),
        Action::Step => match run.stage {
            Stage::Going { paused: true, .. } => vec![Effect::Order(Order::Step)],
            Stage::Going { stopping, .. } => {
                run.stage = Stage::Going {
                    paused: true,
                    stopping,
                };
                vec![Effect::Order(Order::Pause)]
            }
            Stage::Ready | Stage::Over { .. } => begin(state, &mut run, How::Stepping),
        },
        Action::DryRun if run.dry.take().is_some() => {
            run.look = 0;
            Vec::new()
        }
        Action::DryRun => begin(state, &mut run, How::Dry),
        Action::Pause => match run.stage {
            Stage::Going { paused, stopping } => {
                run.stage = Stage::Going {
                    paused: !paused,
                    stopping,
                };
                vec![Effect::Order(if paused {
                    Order::Resume
                } else {
                    Order::Pause
                })]
            }
            Stage::Over { .. } => {
                let waiting = run.rows.waiting();
                match waiting.is_empty() {
                    true => Vec::new(),
                    false => again(state, &mut run, waiting),
                }
            }
            Stage::Ready => Vec::new(),
        },
        Action::RerunFailed => {
            let bad = run.rows.bad();
            if bad.is_empty() {
                state.message = Some("No row has failed that is not left out (o).".to_owned());
                Vec::new()
            } else {
                again(state, &mut run, bad)
            }
        }
        Action::LeaveOut => leave_out(state, &mut run),
        Action::UndoAll => match run.way_back() {
            _ if run.is_going() => {
                state.message = Some("It still runs: undo when it is over.".to_owned());
                Vec::new()
            }
            Some(text) => {
                let name = format!("undo-{}", run.entry.name);
                let entry = Entry::new(&name, Home::Unsaved, None, text.as_bytes());
                let read = (state.options.lent.read_snippet)(&entry);
                let mut undo = Run::new(entry, read);
                undo.before = Some(run);
                state.snippets.run = Some(Box::new(undo));
                return Vec::new();
            }
            None => {
                state.message = Some("This run has noted nothing that could be undone.".to_owned());
                Vec::new()
            }
        },
        Action::Export => match &run.report {
            Some(report) => {
                let name = format!("{}.jsonl", run.entry.name.trim_end_matches(".imap"));
                match std::fs::read(report) {
                    Ok(text) => {
                        let form = Form::write("Report of the run", text.into(), &name, true);
                        state.popup = Some(Popup::Form(form));
                    }
                    Err(error) => {
                        state.message = Some(format!("The report cannot be read: {error}."));
                    }
                }
                Vec::new()
            }
            None => {
                state.message = Some("Nothing has run yet: there is no report.".to_owned());
                Vec::new()
            }
        },
        Action::GiveRight => {
            let lack = run
                .rows
                .chosen()
                .and_then(|row| words::lack(&state.console, row));
            state.snippets.run = Some(run);
            give_right(state, lack.as_ref());
            return Vec::new();
        }
        Action::ActAs => {
            let user = run.rows.chosen().map(|row| row.user.clone());
            state.snippets.run = Some(run);
            return match user.filter(|user| !user.is_empty()) {
                Some(user) => match act_as::act_as(state, &user, false) {
                    Ok(effects) => {
                        state.popup = None;
                        effects
                    }
                    Err(sentence) => {
                        state.message = Some(sentence);
                        Vec::new()
                    }
                },
                None => {
                    state.message = Some("There is no user at the cursor.".to_owned());
                    Vec::new()
                }
            };
        }
        Action::SaveSnippet => {
            save(state, run.entry.text.clone(), true);
            Vec::new()
        }
        Action::IntoEditor => {
            let entry = run.entry.clone();
            state.popup = None;
            into_editor(state, &entry);
            if state.message.is_some() {
                state.popup = Some(Popup::Run);
            }
            Vec::new()
        }
        Action::Sort => {
            run.rows.sort = match run.rows.sort {
                Sort::State => Sort::Number,
                Sort::Number => Sort::State,
            };
            Vec::new()
        }
        Action::Find => {
            run.find = Some(Line::new(run.rows.query()));
            Vec::new()
        }
        Action::Accept => {
            run.conversation = !run.conversation;
            run.look = 0;
            Vec::new()
        }
        action => {
            let rows = crate::tui::view::run_look_rows(state, &run);
            move_about(&mut run, &action, page, rows);
            Vec::new()
        }
    };
    state.snippets.run = Some(run);
    effects
}

fn find(run: &mut Run, action: Action) {
    let Some(line) = &mut run.find else {
        return;
    };
    match action {
        Action::Accept => run.find = None,
        Action::Back | Action::Interrupt => {
            run.rows.find("");
            run.find = None;
        }
        Action::Type(key) => {
            line.key(key);
            run.rows.find(line.text());
        }
        Action::Paste(text) => {
            line.insert(text.trim());
            run.rows.find(line.text());
        }
        Action::Next => run.rows.go(1),
        Action::Previous => run.rows.go(-1),
        _ => {}
    }
}

/// Back to what was there before: the run whose way back this is, the list, or the panes while it goes on. What a
/// run has done can be taken back only here: that is said before it is dropped.
fn back(state: &mut State, mut run: Box<Run>) -> Vec<Effect> {
    if run.is_going() {
        state.popup = None;
        state.snippets.run = Some(run);
        return Vec::new();
    }
    if run.stage == Stage::Ready
        && let Some(before) = run.before.take()
    {
        state.snippets.run = Some(before);
        return Vec::new();
    }
    if let Some(warning) = run.warning() {
        state.message = Some(warning);
        state.snippets.run = Some(run);
        return Vec::new();
    }
    state.snippets.run = None;
    open_list(state);
    vec![Effect::StopPlaying]
}

/// `SETACL` for what a row lacks, in the editor: sent by whoever sits here, once Enter says so.
fn give_right(state: &mut State, lack: Option<&Lack>) {
    let Some(lack) = lack else {
        let words = "No right of this row is missing, as far as can be told, that could be given from here.";
        state.message = Some(words.to_owned());
        return;
    };
    if !state.editor.is_empty() {
        let words = "There is a text in the editor: send it, or clear it with Ctrl+C, first.";
        state.message = Some(words.to_owned());
        return;
    }
    let utf8 = crate::catalog::accepts_utf8(state.console.model());
    let text = mailbox_argument(&lack.mailbox, utf8)
        .zip(mailbox_argument(lack.user.as_bytes(), utf8))
        .map(|(mailbox, who)| format!("SETACL {mailbox} {who} +{}", lack.rights));
    let written = text.is_some();
    issue::write(state, text);
    if written {
        state.popup = None;
        state.message = Some("Enter sends it. Then F8, and r runs the row once more.".to_owned());
    }
}

fn move_about(run: &mut Run, action: &Action, page: isize, rows: usize) {
    match action {
        Action::Down => run.rows.go(1),
        Action::Up => run.rows.go(-1),
        Action::Top => run.rows.go_to_end(false),
        Action::Bottom => run.rows.go_to_end(true),
        Action::PageDown | Action::PageUp if run.reads() => {
            let by = if *action == Action::PageDown {
                page
            } else {
                -page
            };
            run.look = run
                .look
                .saturating_add_signed(by)
                .min(rows.saturating_sub(1));
            return;
        }
        Action::PageDown | Action::PageUp => {
            let lines = String::from_utf8_lossy(&run.entry.text).lines().count();
            let by = if *action == Action::PageDown {
                page
            } else {
                -page
            };
            let top = run.top.unwrap_or(0).saturating_add_signed(by);
            run.top = Some(top.min(lines.saturating_sub(1)));
            return;
        }
        _ => return,
    }
    run.top = None;
    run.look = 0;
}

/// Ctrl+C: nothing more begins; once more: all is dropped.
fn interrupt(state: &mut State, run: &mut Run) -> Vec<Effect> {
    match run.stage {
        Stage::Going {
            stopping: false,
            paused,
        } => {
            run.stage = Stage::Going {
                stopping: true,
                paused,
            };
            vec![Effect::Order(Order::Stop)]
        }
        Stage::Going { .. } => vec![Effect::Order(Order::StopNow)],
        Stage::Ready | Stage::Over { .. } => {
            state.popup = None;
            Vec::new()
        }
    }
}

fn again(state: &State, run: &mut Run, rows: Vec<usize>) -> Vec<Effect> {
    run.again(&rows, (state.options.clock)());
    vec![Effect::Order(Order::Again(rows))]
}

fn leave_out(state: &mut State, run: &mut Run) -> Vec<Effect> {
    let Some(line) = run.rows.chosen() else {
        return Vec::new();
    };
    let (number, row, has_ended) = (line.number, line.state, line.ended.is_some());
    match row {
        RowState::Waiting => {
            run.rows.left_out(number);
            vec![Effect::Order(Order::LeaveOut(number))]
        }
        RowState::Skipped if !has_ended => {
            run.rows.waits(number);
            vec![Effect::Order(Order::TakeIn(number))]
        }
        row if row.is_bad() => {
            run.rows.aside(number);
            Vec::new()
        }
        RowState::Skipped => {
            state.message = Some("It was skipped; r runs it once the others are over.".to_owned());
            Vec::new()
        }
        RowState::Running | RowState::Passed => {
            let words = "It has begun already: a row that waits, or has failed, can be left out.";
            state.message = Some(words.to_owned());
            Vec::new()
        }
        _ => Vec::new(),
    }
}
