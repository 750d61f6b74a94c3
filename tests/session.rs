//! traces
use std::path::PathBuf;

use crate::common::trace;

#[test]
fn every_trace_replays() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "trace"));
    paths.sort();
    assert!(paths.len() >= 25, "{} traces", paths.len());
    for path in paths {
        trace::replay(&path);
    }
}
