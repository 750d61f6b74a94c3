//! Every screen of snippets as it looks, in three sizes.

use imapsh::batch::News;
use imapsh::config::snippets::{BUILT_IN, Entry, Home};
use imapsh::tui::{Begun, Told};

use crate::common::screen::Screen;
use crate::snippet_screen::{TEAM, answered, finish, news, running, screen};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 35), (200, 50)];

/// The text and its styles, without the last row but one's times.
#[track_caller]
fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/snippets");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let (columns, rows) = (screen.state.area.width, screen.state.area.height);
    settings.bind(|| insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.dump()));
}

/// The user's, the project's and the built-in ones.
fn all(_: Option<&std::path::Path>) -> Vec<Entry> {
    let own = |name: &str, home, path: &str, text: &str| {
        Entry::new(
            name,
            home,
            Some(format!("{path}/{name}").into()),
            text.as_bytes(),
        )
    };
    let mut all = vec![
        own(
            "nightly.imap",
            Home::Project,
            "snippets",
            "title: what CI runs every night\n\nNOOP\n",
        ),
        own(
            "team.imap",
            Home::User,
            "/home/x/.config/imapsh/snippets",
            TEAM,
        ),
    ];
    let built_in = BUILT_IN.iter();
    all.extend(built_in.map(|(name, text)| Entry::new(name, Home::BuiltIn, None, text.as_bytes())));
    all
}

#[test]
fn the_list_and_what_is_asked_before_a_run() {
    for (columns, rows) in SIZES {
        let mut screen = screen(columns, rows);
        screen.state.options.lent.snippets = all;
        golden("list", screen.keys("<f8>"));
        golden("preview", screen.keys("read-acc<pgdn>"));
        golden("before", screen.keys("<enter>"));
        screen.state.told(Told::Dry(Ok(DRY.to_owned())));
        golden("dry_run", &mut screen);
        golden("form", screen.keys("<esc>r"));
        golden(
            "form_error",
            screen.keys("<tab><tab><c-u>nosuch.txt<enter>"),
        );
        golden(
            "safe_question",
            screen.keys("<c-u>assets/snippets/people.txt<enter>"),
        );
    }
}

const DRY: &str = "read-access.imap: give people read access to a shared mailbox
  10 MYRIGHTS Shared/Team
  15 !for who in @${people}
  16 GETACL Shared/Team
  24 SETACL Shared/Team ${who} lrs
  27 taken back by: SETACL Shared/Team ${who} ${old}
Nothing was connected, nothing was sent.
";

#[test]
fn a_run_under_way_and_over() {
    for (columns, rows) in SIZES {
        let mut screen = running(columns, rows);
        news(
            &mut screen,
            News::RowBegan {
                row: 3,
                user: "dave".to_owned(),
            },
        );
        news(
            &mut screen,
            News::Doing {
                row: 3,
                line: 12,
                what: "SUBSCRIBE".to_owned(),
            },
        );
        golden("under_way", screen.keys("j"));
        golden("failure", screen.keys("k"));
        golden("conversation", screen.keys("<enter>"));
        news(
            &mut screen,
            News::RowEnded {
                row: 3,
                ended: crate::snippet_screen::ended(imapsh::batch::Verdict::Passed, 1),
            },
        );
        finish(&mut screen, 4);
        golden("over", screen.keys("<enter>"));
        golden("left_out", screen.keys("o"));
        golden("leaving", screen.keys("<esc>"));
        golden("undo", screen.keys("u"));
    }
}

#[test]
fn a_run_in_steps() {
    for (columns, rows) in SIZES {
        let mut screen = screen(columns, rows);
        golden("form_rows", screen.keys("<f8>team<enter>n"));
        screen.keys("<enter>");
        let list = imapsh::batch::rows::read("users.csv", b"user\nalice\nbob\n").unwrap();
        screen.state.told(Told::Begun(Ok(Begun {
            rows: list,
            jobs: 5,
            report: "/nonexistent/report.jsonl".into(),
            paused: true,
        })));
        news(
            &mut screen,
            News::RowBegan {
                row: 1,
                user: "alice".to_owned(),
            },
        );
        news(
            &mut screen,
            answered(1, 8, "LIST \"\" Shared/Team", "OK", ""),
        );
        news(
            &mut screen,
            News::Doing {
                row: 1,
                line: 12,
                what: "SUBSCRIBE".to_owned(),
            },
        );
        golden("step", &mut screen);
    }
}

/// The way back of a run that made mailboxes destroys some: that is asked.
#[test]
fn taking_back_what_makes_mailboxes_is_asked() {
    for (columns, rows) in SIZES {
        let mut screen = running(columns, rows);
        news(
            &mut screen,
            News::Undo(imapsh::batch::Undo {
                number: 2,
                row: 1,
                user: Some("alice".into()),
                text: "DELETE INBOX.once".into(),
            }),
        );
        finish(&mut screen, 4);
        golden("undo_question", screen.keys("ur"));
    }
}

#[test]
fn saving_and_a_snippet_of_marks() {
    for (columns, rows) in SIZES {
        let mut screen = screen(columns, rows);
        screen.state.options.config = Some("/home/x/.config/imapsh/config.toml".into());
        golden("save", screen.keys("NOOP<c-x>s"));
        screen.keys("<esc><c-u>STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY)<enter>");
        screen.server(
            "* STATUS INBOX (MESSAGES 19 UIDNEXT 20 UIDVALIDITY 1756700000)\r\nA0001 OK STATUS completed\r\n",
        );
        golden("marked", screen.keys("<f6>S"));
        golden("marked_save", screen.keys("w"));
    }
}
