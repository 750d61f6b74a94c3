//! The 33 faults of imtest 3.6.1, point by point: each with the tests that hold it, here or elsewhere,
//! or with what is not there yet. `every_point_has_its_proof` fails when one of them goes away.

use std::path::Path;
use std::time::Duration;

use imapsh::channel::{Notice, OpeningPart};
use imapsh::console::{Settings, Submission, SubmitMode};

use crate::common::desk::Desk;

/// One point: its number, the fault, and the tests (`file::test`, below `tests/`, without `.rs`).
struct Point(u8, &'static str, &'static [&'static str]);

const POINTS: &[Point] = &[
    Point(
        1,
        "certificates are not checked",
        &["link::a_certificate_is_verified"],
    ),
    Point(
        2,
        "STARTTLS refused, password sent in the clear, or a hang",
        &["link::starttls_refused_or_absent_ends_it_and_nothing_secret_goes_out"],
    ),
    Point(
        3,
        "plaintext behind the OK of STARTTLS is passed over",
        &[
            "link::plaintext_behind_starttls_is_an_alarm_shown_and_never_taken_in",
            "link::plaintext_that_comes_a_moment_later_is_caught_by_the_handshake",
        ],
    ),
    Point(
        4,
        "the password is sent after PREAUTH",
        &["link::preauth_sends_no_password"],
    ),
    Point(
        5,
        "the password is shown on the screen",
        &[
            "secrets::no_mechanism_shows_its_secret",
            "secrets::typed_by_hand",
        ],
    ),
    Point(
        6,
        "-w is the only way to script a password, and the prompt reads anything",
        &[
            "runner::the_password_is_asked_for_and_masked",
            "runner::no_terminal_to_ask_on",
        ],
    ),
    Point(
        7,
        "escape sequences reach the terminal",
        &[
            "screens::hostile_bytes_reach_no_cell",
            "runner::a_terminal_sees_no_control_character",
            "pty/screen::escape_sequences_of_a_server_are_harmless",
        ],
    ),
    Point(
        8,
        "lines of a refused APPEND run as commands",
        &[
            "modes/script::a_refused_message_never_runs_as_commands",
            "runner::a_refused_literal_is_not_sent",
            "real_servers/messages::a_refused_literal_is_not_sent",
        ],
    ),
    Point(
        9,
        "a NUL throws away what follows",
        &["imtest_faults::a_nul_loses_nothing"],
    ),
    Point(
        10,
        "LOGOUT is sent twice, and the answer cut off",
        &[
            "runner::a_logout_of_ones_own_is_the_last_one",
            "modes/script::a_logout_of_its_own_is_the_last_one",
        ],
    ),
    Point(
        11,
        "a last line without line end is glued to LOGOUT",
        &["runner::stdin_a_command_a_line"],
    ),
    Point(
        12,
        "more than 1 KB behind the OK of the login ends the connection",
        &["imtest_faults::any_amount_behind_the_ok_of_the_login"],
    ),
    Point(
        13,
        "exit status 0 whatever happened",
        &[
            "runner::a_no_does_not_stop_it",
            "runner::a_refused_login_ends_it",
            "runner::a_bye_stops_it",
            "runner::a_connection_that_is_lost",
        ],
    ),
    Point(
        14,
        "it goes on after a failed login",
        &["runner::a_refused_login_ends_it"],
    ),
    Point(
        15,
        "-q does nothing; COMPRESS and STARTTLS by hand lose the session",
        &[
            "compress::required_compression_comes_behind_the_login",
            "compress::required_compression_that_cannot_be_had_ends_it",
            "compress::compress_typed_by_hand_is_followed_up_and_counted",
            "link::starttls_typed_by_the_user_is_followed_up",
        ],
    ),
    Point(
        16,
        "no client certificate where TLS comes first",
        &[
            "link::a_client_certificate_goes_along",
            "args::a_certificate_of_our_own_goes_with_every_kind_of_tls",
        ],
    ),
    Point(
        17,
        "-z works in a mailbox of the user's, ignores every NO, counts whole seconds",
        &[
            "modes/stress::a_table_and_nothing_left_behind",
            "modes/stress::a_refusal_ends_it_and_the_mailbox_goes",
        ],
    ),
    Point(
        18,
        "-n reports no times and resumes nothing under TLS 1.3",
        &["modes/reconnect::later_handshakes_are_resumed"],
    ),
    Point(
        19,
        "LF stays LF in a message",
        &["runner::a_file_in_a_command"],
    ),
    Point(
        20,
        "no XOAUTH2 and OAUTHBEARER; LOGIN is never SASL's",
        &[
            "authenticate::every_mechanism_lets_the_right_one_in",
            "authenticate::login_answers_two_prompts_whatever_they_say",
        ],
    ),
    Point(
        21,
        "without -a it logs in as the Unix user",
        &["link::without_an_authcid_nobody_is_logged_in"],
    ),
    Point(
        22,
        "an unknown mechanism is a generic failure, exit 0",
        &[
            "authenticate::the_choice",
            "real_servers/identity::an_unknown_mechanism_is_named",
        ],
    ),
    Point(
        23,
        "silent servers and other protocols hang it",
        &[
            "link::a_silent_server_is_a_sentence_after_the_time_out",
            "link::a_silent_server_behind_s_is_a_sentence_too",
            "link::other_protocols_are_named",
            "link::a_plain_port_with_s_is_named",
        ],
    ),
    Point(
        24,
        "Ctrl-D during IDLE sends LOGOUT into it",
        &[
            "screens::idle_ends_with_enter_and_a_command_ends_it_too",
            "runner::idle_on_stdin_ends_with_done_or_a_command_or_the_end",
        ],
    ),
    Point(
        25,
        "literals are counted by hand, and a wrong count is a disaster",
        &[
            "draft::a_block_needs_no_counting",
            "draft::counted_literals_work_as_in_imtest",
        ],
    ),
    Point(
        26,
        "Ctrl-C is a character of the password; killed, it leaves a broken terminal",
        &[
            "pty/screen::the_password_prompt_is_masked",
            "pty/ends::signals_end_it_with_their_codes",
            "pty/ends::suspended_and_back",
        ],
    ),
    Point(
        27,
        "no editing, no history, lines cut at 4,095",
        &[
            "screens::completion_and_history",
            "history::it_lasts_across_sessions",
            "imtest_faults::a_line_may_be_long",
        ],
    ),
    Point(
        28,
        "output in the middle of what is typed, and nothing tells sent from received",
        &[
            "imtest_faults::what_was_sent_stands_where_it_went_out",
            "screens::a_command_goes_out_and_its_reply_is_tied_to_it",
        ],
    ),
    Point(
        29,
        "a command without tag is taken for a tag",
        &[
            "console::the_classic_confusion_cannot_happen_by_accident",
            "imtest_faults::logout_alone_gets_out",
        ],
    ),
    Point(
        30,
        "Ctrl-C logs out and ends, without a question",
        &[
            "pty/ends::ctrl_c_twice_leaves",
            "screens::leaving_says_goodbye_first",
        ],
    ),
    // Headers and MIME parts of a message are shown as they came.
    Point(
        31,
        "nothing is decoded",
        &[
            "screens::authenticate_by_hand_shows_the_challenge_and_hides_the_answer",
            "who::what_the_server_offers_before_tls_with_it_and_after_the_login",
        ],
    ),
    Point(
        32,
        "-v dumps encrypted bytes and never says how long anything took",
        &["imtest_faults::how_long_each_part_took_is_said"],
    ),
    Point(
        33,
        "it polls",
        &[
            "screens::an_idle_screen_draws_nothing",
            "pty/screen::an_idle_screen_uses_no_cpu",
        ],
    ),
];

#[test]
fn every_point_has_its_proof() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut missing = Vec::new();
    for (index, Point(number, fault, proofs)) in POINTS.iter().enumerate() {
        assert_eq!(usize::from(*number), index + 1);
        assert!(!proofs.is_empty(), "{number}: {fault}");
        for proof in *proofs {
            let (file, test) = proof.split_once("::").unwrap();
            let text = std::fs::read_to_string(root.join(format!("{file}.rs"))).unwrap_or_default();
            let head = format!("fn {test}(");
            // A test, not a helper of the same name.
            let found = text
                .split("#[test]")
                .skip(1)
                .any(|t| t.trim_start().starts_with(&head))
                || text.split("#[tokio::test").skip(1).any(|t| {
                    t.split_once('\n')
                        .is_some_and(|(_, t)| t.trim_start().starts_with(&format!("async {head}")))
                });
            if !found {
                missing.push(format!("{number} ({fault}): {proof}"));
            }
        }
    }
    assert_eq!(POINTS.len(), 33);
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_nul_loses_nothing() {
    let mut desk = Desk::plain();
    desk.enter("FETCH 1 BODY[]");
    desk.server_bytes(
        b"* 1 FETCH (BODY[] {9}\r\nab\0cd\0\0ef)\r\n* OK one\0two\r\nA0001 OK done\r\n",
    );
    let lines = desk.transcript();
    assert!(lines.contains(&"   [9/9]".to_owned()), "{lines:?}");
    assert!(lines.contains(&"S: * OK one\0two".to_owned()), "{lines:?}");
    assert!(lines.contains(&"S: A0001 OK done".to_owned()), "{lines:?}");
    let transcript = desk.console.transcript();
    let literal = (0..transcript.len())
        .map(|index| transcript.literal_bytes(index, 0, 100))
        .find(|octets| !octets.is_empty());
    assert_eq!(literal.as_deref(), Some(&b"ab\0cd\0\0ef"[..]));
}

#[test]
fn any_amount_behind_the_ok_of_the_login() {
    let mut desk = Desk::greeted(Settings::default(), "* OK [CAPABILITY IMAP4rev1] hi");
    desk.enter("LOGIN craig secret");
    desk.sent();
    let more = "* 1 EXISTS\r\n".repeat(10_000);
    desk.server_bytes(format!("A0001 OK in\r\n{more}* 2 EXISTS\r\n").as_bytes());
    assert!(desk.console.identity().is_logged_in());
    assert_eq!(desk.transcript().pop().unwrap(), "S* * 2 EXISTS");
    desk.enter("NOOP");
    assert_eq!(desk.sent(), "A0002 NOOP\n");
}

#[test]
fn a_line_may_be_long() {
    let mut desk = Desk::plain();
    let text = format!("SEARCH SUBJECT \"{}\"", "x".repeat(100_000));
    desk.enter(&text);
    assert_eq!(desk.sent(), format!("A0001 {text}\n"));
}

#[test]
fn what_was_sent_stands_where_it_went_out() {
    let mut desk = Desk::plain();
    desk.enter("NOOP");
    desk.server("* 16 EXISTS\nA0001 OK done");
    desk.enter("CHECK");
    desk.server("A0002 OK done");
    desk.server("* 17 EXISTS");
    let lines = desk.transcript();
    assert_eq!(
        lines.get(lines.len() - 6..).unwrap(),
        [
            "C: A0001 NOOP",
            "S: * 16 EXISTS",
            "S: A0001 OK done",
            "C: A0002 CHECK",
            "S: A0002 OK done",
            "S* * 17 EXISTS",
        ]
    );
}

#[test]
fn logout_alone_gets_out() {
    let mut desk = Desk::plain();
    desk.enter("LOGOUT");
    assert_eq!(desk.sent(), "A0001 LOGOUT\n");
    // And a word that is no command is asked about before anything goes out.
    assert!(matches!(
        desk.console.submit("LOGUOT", SubmitMode::Normal),
        Submission::Confirm { .. }
    ));
    assert_eq!(desk.sent(), "");
}

#[test]
fn how_long_each_part_took_is_said() {
    let mut desk = Desk::new(Settings::default());
    desk.notice(Notice::Took {
        part: OpeningPart::Tls,
        time: Duration::from_micros(2_100),
    });
    desk.server("* OK hi");
    desk.notice(Notice::Ready);
    assert!(
        desk.transcript()
            .contains(&"== Timing: TLS 2.10 ms.".to_owned())
    );
    desk.enter("NOOP");
    desk.server("A0001 OK Completed (0.003 sec)");
    let last = desk.console.last_command().unwrap();
    assert_eq!(last.server_time.unwrap().work, Duration::from_millis(3));
}
