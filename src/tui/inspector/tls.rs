//! The tab TLS: what `:tls` tells.

use super::{Press, Source};

pub(super) fn make(source: &Source<'_>, press: &mut Press<'_>) {
    let theme = press.theme();
    let Some(report) = source.state.console.tls() else {
        return;
    };
    for line in report.lines() {
        let style = match line.as_str() {
            l if l.starts_with("certificate ") => theme.heading,
            l if l.starts_with("NOT verified") || l.starts_with("REFUSED") => theme.danger,
            _ => theme.text,
        };
        press.text(0, line.as_bytes(), style);
    }
}
