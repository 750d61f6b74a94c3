//! imapsh: arguments, then a face, then an exit code. Nothing else lives here.

use std::io::Write;
use std::process::ExitCode;

use imapsh::args::{self, Stop};
use imapsh::{crash, modes, runner};

fn main() -> ExitCode {
    crash::install();
    let call = match args::parse(std::env::args_os(), std::env::vars_os()) {
        Ok(call) => call,
        Err(Stop::Usage(sentence)) => return failed(&sentence),
        Err(Stop::Say(text)) => {
            // A reader that has seen enough (`| head`) is no error.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the program cannot start its threads: {error}")),
    };
    let result = runtime.block_on(modes::run(call));
    crash::leaving();
    // A thread may still wait for stdin; nobody waits for that thread.
    runtime.shutdown_background();
    match result {
        Ok(code) => ExitCode::from(code),
        Err(sentence) => failed(&sentence),
    }
}

fn failed(sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "imapsh: {sentence}");
    ExitCode::from(runner::exit::USAGE)
}
