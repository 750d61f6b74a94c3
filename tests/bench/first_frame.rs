//! From the start of `imapsh demo` in a terminal to its first frame, and to the first one that says
//! as whom (the login against the embedded server is through by then). Aim: 50 ms, release build.
//! Never fails on time.
//!
//! `cargo bench --bench first_frame`
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[allow(dead_code)]
#[path = "../common/program.rs"]
mod program;
#[allow(dead_code)]
#[path = "../common/terminal.rs"]
mod terminal;

use std::time::{Duration, Instant};

use program::{Home, binary};
use terminal::Terminal;

const AIM: Duration = Duration::from_millis(50);
const RUNS: usize = 21;

fn main() {
    let size = (120, 35);
    let mut first = Vec::new();
    let mut logged_in = Vec::new();
    for _ in 0..RUNS {
        let home = Home::new();
        let began = Instant::now();
        let terminal = Terminal::start(&home, binary(), &["demo"], size);
        terminal.wait_until("a frame", |screen| {
            screen.alternate_screen() && !screen.contents().trim().is_empty()
        });
        first.push(began.elapsed());
        terminal.wait_for("AS craig");
        logged_in.push(began.elapsed());
    }
    println!(
        "imapsh demo at {}x{}, {RUNS} runs, from spawn; the aim is {AIM:?}",
        size.0, size.1
    );
    for (what, mut times) in [
        ("first frame", first),
        ("first frame with AS craig", logged_in),
    ] {
        times.sort();
        let (least, median, most) = (times[0], times[RUNS / 2], times[RUNS - 1]);
        let of_aim = 100.0 * median.as_secs_f64() / AIM.as_secs_f64();
        println!(
            "{what:<28} median {median:>9.1?}   {of_aim:>4.0} % of the aim   (least {least:.1?}, most {most:.1?})"
        );
    }
}
