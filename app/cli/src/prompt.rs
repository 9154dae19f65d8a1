//! Asking for a secret at the terminal, without showing it.

use anyhow::Result;

use aloft_base::{ErrorKind, Redacted, Report};

use crate::failure::refuse;
use crate::output::Output;

/// Whether there is somebody at a terminal who can be asked.
pub(crate) fn can_ask() -> bool {
    cfg!(unix) && std::io::IsTerminal::is_terminal(&std::io::stdin())
}

/// Asks for one line. What is typed is not shown; Ctrl+C gives up and leaves the terminal as it was.
#[cfg(unix)]
pub(crate) fn secret(output: &mut Output, what: &str) -> Result<Redacted<String>> {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// Sets the terminal back however this ends.
    struct Back(Termios);
    impl Drop for Back {
        fn drop(&mut self) {
            // A terminal that went away needs nothing set back.
            let _it_is_gone = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.0);
        }
    }

    output.note(&format!("Enter {what}; it is not shown:"));
    let before = tcgetattr(rustix::stdio::stdin()).map_err(std::io::Error::from)?;
    let mut silent = before.clone();
    silent
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    let _back = Back(before);
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &silent).map_err(std::io::Error::from)?;
    let mut line = Vec::new();
    loop {
        let mut byte = [0_u8; 1];
        let read = rustix::io::read(rustix::stdio::stdin(), &mut byte).map_err(std::io::Error::from)?;
        match byte[0] {
            _ if read == 0 => break,
            b'\r' | b'\n' | 0x04 => break,
            0x03 => {
                return refuse(Report::new(ErrorKind::Stopped, "Nothing was kept", ""));
            }
            0x08 | 0x7F => drop(line.pop()),
            0x15 => line.clear(),
            other => line.push(other),
        }
    }
    match String::from_utf8(line) {
        Ok(text) => Ok(Redacted::new(text.trim().to_owned())),
        Err(_holds_the_secret) => refuse(Report::new(ErrorKind::Invalid, "What was typed is no text", "")),
    }
}

/// Asks for one line.
#[cfg(not(unix))]
pub(crate) fn secret(_output: &mut Output, what: &str) -> Result<Redacted<String>> {
    refuse(Report::new(
        ErrorKind::Unsupported,
        format!("Could not ask for {what} here"),
        "Give it on standard input with --secret-stdin.",
    ))
}
