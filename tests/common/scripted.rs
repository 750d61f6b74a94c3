//! A server that does what a script says: for servers that misbehave, or never answer.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// One thing the server does.
#[derive(Debug, Clone)]
pub enum Does {
    /// Sends these bytes.
    Says(Vec<u8>),
    /// Reads until what was read since the last step ends with these bytes.
    Waits(Vec<u8>),
    /// Reads until the client closes.
    Stays,
}

/// Reads a script: `S: text` is sent with CRLF, `s: text` without, `C: text` is waited for with CRLF,
/// `stay` keeps the connection. `\n` in a text is CRLF. At the end the server closes.
pub fn script(text: &str) -> Vec<Does> {
    text.lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let text = line.get(3..).unwrap_or_default().replace("\\n", "\r\n");
            match line.get(..3) {
                Some("S: ") => Does::Says(format!("{text}\r\n").into_bytes()),
                Some("s: ") => Does::Says(text.into_bytes()),
                Some("C: ") => Does::Waits(format!("{text}\r\n").into_bytes()),
                _ if line == "stay" => Does::Stays,
                _ => panic!("{line:?} is no line of a script"),
            }
        })
        .collect()
}

/// Runs `script` on the other end of the returned pipe. The task's result is everything that the
/// client sent, or what the server waited for in vain.
pub fn serve(
    script: Vec<Does>,
) -> (
    DuplexStream,
    tokio::task::JoinHandle<Result<Vec<u8>, String>>,
) {
    let (client, mut server) = tokio::io::duplex(64 * 1024);
    let task = tokio::spawn(async move {
        let mut all = Vec::new();
        for step in script {
            match step {
                Does::Says(bytes) => {
                    // The client may be gone already: what it did is judged by what it sent.
                    let _ = server.write_all(&bytes).await;
                }
                Does::Waits(wanted) => {
                    let mut got = Vec::new();
                    while !got.ends_with(&wanted) {
                        let mut byte = [0];
                        match server.read(&mut byte).await {
                            Ok(1) => got.push(byte[0]),
                            _ => {
                                let text =
                                    |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                                return Err(format!(
                                    "waited for {:?}, got {:?}",
                                    text(&wanted),
                                    text(&got)
                                ));
                            }
                        }
                    }
                    all.extend(got);
                }
                Does::Stays => {
                    let _ = server.read_to_end(&mut all).await;
                }
            }
        }
        Ok(all)
    });
    (client, task)
}
