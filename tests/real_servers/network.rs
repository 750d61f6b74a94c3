//! COMPRESS=DEFLATE as real servers do it, on every line.

use crate::server::both;
use crate::{CRAIG, Line, exec_as};

#[test]
fn compress_is_followed_up() {
    for server in both() {
        for line in [Line::Imaps, Line::StartTls] {
            exec_as(
                server,
                line,
                Some(CRAIG),
                &[],
                &["COMPRESS DEFLATE", "SELECT INBOX", "NOOP"],
            )
            .expect_code(0)
            .expect_line("A0001 OK")
            .expect_line("OK [READ-WRITE]")
            .expect_line("A0003 OK");
        }
    }
}
