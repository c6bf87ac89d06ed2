//! The playground's page in a real browser: `tests/browser/install.sh` installs Chromium and what drives it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::harness::MACHINE;

/// Ends the process when the test is over, however it ends.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `cxbot playground` on a free port and waits for the address that it prints.
pub fn playground(folder: &std::path::Path) -> (Running, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cxbot"))
        .args(["playground", "--port", "0", "--no-browser", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("cxbot starts");
    let printed = BufReader::new(child.stdout.take().expect("piped above"));
    let (says, hears) = mpsc::channel();
    std::thread::spawn(move || {
        for line in printed.lines().map_while(Result::ok) {
            if let Some(at) = line.find("http://") {
                let _ = says.send(line[at..].trim().to_owned());
            }
        }
    });
    let running = Running(child);
    let address =
        hears.recv_timeout(Duration::from_mins(1)).expect("the playground prints its address within a minute");
    (running, address)
}

#[test]
#[ignore = "needs Node.js and Chromium"]
fn people_use_the_page() {
    let _alone = MACHINE.blocking_write();
    let folder = tempfile::tempdir().unwrap();
    let (_running, address) = playground(folder.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/playground.mjs");
    // The script gives up on every step by itself; `timeout` is for a browser that hangs.
    let output = Command::new("timeout")
        .args(["-k", "5", "600", "node", script, &address])
        .output()
        .unwrap_or_else(|error| panic!("cannot run node (tests/browser/install.sh says what is needed): {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().filter(|line| line.starts_with("ok ")).count() >= 12, "stories are missing:\n{said}");
    println!("{said}");
}
