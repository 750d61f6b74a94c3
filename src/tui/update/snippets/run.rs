//! A run: what is asked before it begins, and what the keys do while it goes on and when it is over.

use super::super::super::action::Action;
use super::super::super::effect::Effect;
use super::super::super::field::Line;
use super::super::super::form::Form;
use super::super::super::popup::Popup;
use super::super::super::snippets::{How, Question, RowState, Run, Sort, Stage, Start};
use super::super::super::state::State;
use super::super::act_as;
use super::save::save;
use super::{into_editor, open_list, open_run};
use crate::batch::{Order, load};
use crate::config::snippets::{Entry, Home};
use crate::safety::SafeMode;

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
        Action::Back if run.dry.take().is_some() => Vec::new(),
        Action::Back => {
            state.popup = None;
            let over = !run.is_going();
            state.snippets.run = Some(run);
            if over {
                state.snippets.run = None;
                open_list(state);
                return vec![Effect::StopPlaying];
            }
            return Vec::new();
        }
        Action::Interrupt => interrupt(state, &mut run),
        Action::Play if run.is_going() => {
            state.message = Some("It runs. Ctrl+C stops it after the rows now running.".to_owned());
            Vec::new()
        }
        Action::Play if run.stage != Stage::Ready => {
            match run.rows.chosen().map(|row| row.number) {
                Some(number) => again(&mut run, vec![number]),
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
        Action::DryRun if run.dry.take().is_some() => Vec::new(),
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
            _ => Vec::new(),
        },
        Action::RerunFailed => {
            let bad = run.rows.bad();
            if bad.is_empty() {
                state.message = Some("No row has failed.".to_owned());
                Vec::new()
            } else {
                again(&mut run, bad)
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
                state.snippets.run = Some(run);
                return open_run(state, entry);
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
                        let form = Form::write("Report of the run", text.into(), &name);
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
            save(state, run.entry.text.clone());
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
            Vec::new()
        }
        action => {
            move_about(&mut run, &action, page);
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

fn move_about(run: &mut Run, action: &Action, page: isize) {
    match action {
        Action::Down => run.rows.go(1),
        Action::Up => run.rows.go(-1),
        Action::Top => run.rows.go_to_end(false),
        Action::Bottom => run.rows.go_to_end(true),
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
            state.message =
                Some("Stops after the rows now running; Ctrl+C once more: at once.".to_owned());
            vec![Effect::Order(Order::Stop)]
        }
        Stage::Going { .. } => vec![Effect::Order(Order::StopNow)],
        Stage::Ready | Stage::Over { .. } => {
            state.popup = None;
            Vec::new()
        }
    }
}

fn again(run: &mut Run, rows: Vec<usize>) -> Vec<Effect> {
    run.again(&rows);
    vec![Effect::Order(Order::Again(rows))]
}

fn leave_out(state: &mut State, run: &mut Run) -> Vec<Effect> {
    let Some((number, row)) = run.rows.chosen().map(|row| (row.number, row.state)) else {
        return Vec::new();
    };
    match row {
        RowState::Waiting => {
            run.rows.left_out(number);
            vec![Effect::Order(Order::LeaveOut(number))]
        }
        RowState::Skipped => {
            run.rows.waits(number);
            vec![Effect::Order(Order::TakeIn(number))]
        }
        _ => {
            state.message =
                Some("It has begun already: a row that waits can be left out.".to_owned());
            Vec::new()
        }
    }
}

/// Yes or no to what is asked.
fn answer(state: &mut State, run: &mut Run, yes: bool) -> Vec<Effect> {
    match run.question.take() {
        Some(Question::Safe { how, .. }) if yes => {
            run.yes = true;
            begin(state, run, how)
        }
        Some(Question::Trust { how }) if yes => {
            run.trusted = true;
            // A home that cannot be written: it is asked about again.
            let _ = (state.options.lent.trusted)().add(&run.digest, &run.entry.name);
            begin(state, run, how)
        }
        Some(Question::Trust { .. } | Question::Safe { .. }) | None => Vec::new(),
    }
}

/// Begins, if all that must be known is known; else asks for it.
fn begin(state: &mut State, run: &mut Run, how: How) -> Vec<Effect> {
    let Ok(script) = &run.read else {
        state.message = Some("It has mistakes: e puts it into the editor.".to_owned());
        return Vec::new();
    };
    if state.plan.is_none() || state.is_log() {
        state.message = Some("There is no server to run it on: connect first.".to_owned());
        return Vec::new();
    }
    if !run.wants.is_empty() && !run.trusted {
        run.question = Some(Question::Trust { how });
        return Vec::new();
    }
    let asks = state.console.safe_mode() == SafeMode::Confirm && !run.yes && how != How::Dry;
    let commands = load::destroying(script);
    if asks && !commands.is_empty() {
        run.question = Some(Question::Safe { how, commands });
        return Vec::new();
    }
    match Form::variables(script, &run.given) {
        Some(form) => {
            run.then = Some(how);
            state.popup = Some(Popup::Form(form));
            Vec::new()
        }
        None => vec![start(run, how)],
    }
}

fn start(run: &Run, how: How) -> Effect {
    Effect::Play(Box::new(Start {
        entry: run.entry.clone(),
        each: run.each.clone(),
        given: run.given.clone(),
        secrets: run.secrets.clone(),
        trusted: run.trusted,
        yes: run.yes,
        how,
    }))
}

/// The form for variables is filled.
pub(in super::super) fn filled(state: &mut State, form: &Form) -> Vec<Effect> {
    let Some(run) = &mut state.snippets.run else {
        return Vec::new();
    };
    state.popup = Some(Popup::Run);
    let (Ok(script), Some(how)) = (&run.read, run.then.take()) else {
        return Vec::new();
    };
    let filled = form.filled(script);
    run.given = filled.given;
    run.secrets = filled.secrets;
    run.each = filled.each;
    vec![start(run, how)]
}
