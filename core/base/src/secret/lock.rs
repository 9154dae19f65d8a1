//! Whether the keychain is locked, found out without asking a person to unlock it.

use super::error::State;

/// How the keychain is, as far as can be seen without touching what it holds.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn look() -> State {
    use zbus::blocking::{Connection, Proxy};
    use zbus::zvariant::OwnedObjectPath;

    const SERVICE: &str = "org.freedesktop.secrets";
    const PATH: &str = "/org/freedesktop/secrets";
    let locked = || -> zbus::Result<bool> {
        let connection = Connection::session()?;
        let service = Proxy::new(&connection, SERVICE, PATH, "org.freedesktop.Secret.Service")?;
        let collection: OwnedObjectPath = service.call("ReadAlias", &"default")?;
        // No collection yet: nobody has unlocked or made the keychain.
        if collection.as_str() == "/" {
            return Ok(true);
        }
        let collection = Proxy::new(&connection, SERVICE, collection, "org.freedesktop.Secret.Collection")?;
        collection.get_property("Locked")
    };
    match locked() {
        Ok(false) => State::Ready,
        Ok(true) => State::Locked,
        Err(_no_service) => State::Absent,
    }
}

/// The system unlocks its keychain by itself, and asks when it must.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) fn look() -> State {
    State::Ready
}
