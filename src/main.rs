//! imapsh: arguments, then a face, then an exit code.

use std::process::ExitCode;

use imapsh::args;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        Ok(_) => say("this build has no face yet", 1),
        Err(args::Stop::Say(text)) => {
            use std::io::Write;
            // A reader that has seen enough (`| head`) is no error.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(args::Stop::Usage(sentence)) => say(&sentence, 1),
    }
}

fn say(sentence: &str, code: u8) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "imapsh: {sentence}");
    ExitCode::from(code)
}
