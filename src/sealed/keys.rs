//! The key of a box: how it is kept, and what is derived from it. The scheme is versioned by its labels (`cx-pulse/v1/…`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::BoxId;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};

const NONCE_BYTES: usize = 24;
const LENGTH_BYTES: usize = 2;

/// What a box works with; the key itself is dropped as soon as these are derived. Wiped from memory on drop.
pub(super) struct Keys {
    tag: Zeroizing<[u8; 32]>,
    seal: Zeroizing<[u8; 32]>,
}

impl Keys {
    pub(super) fn derive(key: &[u8; 32]) -> Self {
        Self { tag: expand(key, "cx-pulse/v1/tag"), seal: expand(key, "cx-pulse/v1/seal") }
    }

    /// The name under which a person's ballot lies in the box. Without the key it cannot be computed nor checked.
    pub(super) fn tag(&self, id: &BoxId, guild: GuildId, user: UserId) -> [u8; 32] {
        mac(&self.tag, &format!("{id}|{guild}|{user}"))
    }

    /// Encrypts a ballot, padded so that every ballot of a box has the same length, and bound to its box and tag.
    pub(super) fn seal(&self, id: &BoxId, tag: &[u8; 32], ballot: &[u8], ballot_bytes: usize) -> Result<Vec<u8>> {
        let length = u16::try_from(ballot.len()).ok().filter(|_| ballot.len() <= ballot_bytes).ok_or_else(|| {
            Error::internal(format!("a ballot of {} bytes does not fit a box for {ballot_bytes}", ballot.len()))
        })?;
        let mut padded = Zeroizing::new(vec![0; LENGTH_BYTES + ballot_bytes]);
        padded[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        padded[LENGTH_BYTES..LENGTH_BYTES + ballot.len()].copy_from_slice(ballot);
        let nonce: [u8; NONCE_BYTES] = random()?;
        let encrypted = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: &padded, aad: &bound_to(id, tag) })
            .map_err(|_| Error::internal("a ballot could not be sealed"))?;
        Ok([&nonce[..], &encrypted].concat())
    }

    /// Opens a payload; `None` when it was not sealed for this box, tag and key.
    pub(super) fn open(&self, id: &BoxId, tag: &[u8], payload: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, encrypted) = payload.split_at_checked(NONCE_BYTES)?;
        let opened =
            self.cipher().decrypt(XNonce::from_slice(nonce), Payload { msg: encrypted, aad: &bound_to(id, tag) });
        let padded = Zeroizing::new(opened.ok()?);
        let (length, rest) = padded.split_at_checked(LENGTH_BYTES)?;
        let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
        rest.get(..length).map(|ballot| Zeroizing::new(ballot.to_vec()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.seal).into())
    }
}

fn bound_to(id: &BoxId, tag: &[u8]) -> Vec<u8> {
    [id.as_str().as_bytes(), tag].concat()
}

fn expand(key: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(&[0; 32]), key)
        .expand(label.as_bytes(), &mut *derived)
        .expect("32 bytes are within what HKDF-SHA256 can give");
    derived
}

fn mac(key: &[u8; 32], text: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Tells keys apart without telling them: kept in the database so that a lost or wrong key is noticed.
pub(super) fn key_id(key: &[u8; 32]) -> [u8; 8] {
    let digest = Sha256::new().chain_update("cx-pulse/kid/v1|").chain_update(key).finalize();
    digest[..8].try_into().expect("a SHA-256 digest has 32 bytes")
}

pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|fault| Error::internal(format!("the operating system gives no random numbers: {fault}")))?;
    Ok(bytes)
}

/// One file a key, only for cxbot's own user.
pub(super) struct KeyFolder {
    path: PathBuf,
}

impl KeyFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, id: &BoxId) -> PathBuf {
        self.path.join(format!("{id}.key"))
    }

    /// When this returns, the key survives a power cut.
    pub(super) fn create(&self, id: &BoxId, key: &[u8; 32]) -> io::Result<()> {
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
            folder.mode(0o700);
            options.mode(0o600);
        }
        if !self.path.is_dir() {
            folder.create(&self.path)?;
            if let Some(parent) = self.path.parent() {
                sync_folder(parent)?;
            }
        }
        let mut file = options.open(self.file(id))?;
        file.write_all(key)?;
        file.sync_all()?;
        sync_folder(&self.path)
    }

    /// `None` when there is no such key, or the file does not hold one. Any other trouble is an error: it may pass, a loss does not.
    pub(super) fn load(&self, id: &BoxId) -> io::Result<Option<Zeroizing<[u8; 32]>>> {
        let mut file = match File::open(self.file(id)) {
            Ok(file) => file,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let mut key = Zeroizing::new([0; 32]);
        match file.read_exact(&mut *key) {
            Ok(()) => Ok(Some(key)),
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Overwrites the key, then removes its file; both are on disk when this returns. A key that is already gone stays gone.
    pub(super) fn destroy(&self, id: &BoxId) -> io::Result<()> {
        let path = self.file(id);
        let mut file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            // After a crash between unlink and here, the removal itself may not be on disk yet.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                return if self.path.is_dir() { sync_folder(&self.path) } else { Ok(()) };
            }
            Err(fault) => return Err(fault),
        };
        let mut noise = [0; 32];
        getrandom::fill(&mut noise).map_err(io::Error::other)?;
        file.write_all(&noise)?;
        file.sync_all()?;
        fs::remove_file(&path)?;
        sync_folder(&self.path)
    }
}

/// Makes the creation or removal of a file in `folder` survive a power cut. Windows does so by itself and cannot be asked.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn vector_key() -> [u8; 32] {
        std::array::from_fn(|index| u8::try_from(index).unwrap())
    }

    fn vector_box() -> BoxId {
        BoxId::parse("01J9ZX6Q8T3V5W7Y9A1B2C3D4E").unwrap()
    }

    #[test]
    fn the_published_vector_holds() {
        let (key, id) = (vector_key(), vector_box());
        let keys = Keys::derive(&key);
        let remind = expand(&key, "cx-pulse/v1/remind");
        assert_eq!(hex(&*keys.tag), "41ff913250c006085acd496d82876f1b2bbf3086d03d32c4fa3bc7a5c767e5ec");
        assert_eq!(hex(&*remind), "5b1f0a0bb4c4243070241c20403fcb25bc2a7eee49b12ff48cca0991b025ef82");
        assert_eq!(hex(&*keys.seal), "b344e990661a938340f30e26349d275ec86ab17b034db959168223243a97418b");
        let tag = keys.tag(&id, GuildId(112_233_445_566_778_899), UserId(998_877_665_544_332_211));
        assert_eq!(hex(&tag), "8b1f22edba673a0727b5d5c2ad82252f8a5b78df1722ce19e1b62be33992aa6f");
        let reminded = mac(&remind, "01J9ZX6Q8T3V5W7Y9A1B2C3D4E|112233445566778899|998877665544332211");
        assert_eq!(hex(&reminded), "1d5635535fa1551b566d9e1a82d5173d45402fa02df25629460298cc6d7fa37a");
        assert_eq!(hex(&key_id(&key)), "de8628bd8c8006c0");
    }

    #[test]
    fn a_ballot_opens_only_in_its_own_box_under_its_own_tag_and_key() {
        let keys = Keys::derive(&vector_key());
        let (id, tag) = (vector_box(), [7; 32]);
        let payload = keys.seal(&id, &tag, b"ballot", 16).unwrap();
        assert_eq!(&**keys.open(&id, &tag, &payload).unwrap(), b"ballot");
        assert!(keys.open(&BoxId::parse("other").unwrap(), &tag, &payload).is_none());
        assert!(keys.open(&id, &[8; 32], &payload).is_none(), "payloads cannot be swapped between people");
        assert!(Keys::derive(&[9; 32]).open(&id, &tag, &payload).is_none());
        assert!(keys.open(&id, &tag, &payload[..20]).is_none());
    }

    #[test]
    fn payloads_of_a_box_have_one_length_and_never_repeat() {
        let keys = Keys::derive(&vector_key());
        let seal = |ballot: &[u8]| keys.seal(&vector_box(), &[7; 32], ballot, 16).unwrap();
        assert_eq!(seal(b"").len(), seal(b"sixteen bytes ok").len());
        assert_ne!(seal(b"same"), seal(b"same"));
        assert!(keys.seal(&vector_box(), &[7; 32], b"seventeen is much", 16).is_err());
    }

    #[test]
    fn a_key_is_kept_for_its_owner_alone_and_destroyed_for_good() {
        let data = tempfile::tempdir().unwrap();
        let folder = KeyFolder::new(data.path().join("keys"));
        let id = vector_box();
        assert!(folder.load(&id).unwrap().is_none());
        folder.create(&id, &vector_key()).unwrap();
        assert_eq!(*folder.load(&id).unwrap().unwrap(), vector_key());
        assert!(folder.create(&id, &[0; 32]).is_err(), "a key is never replaced");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(folder.file(&id)).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        // A second name for the same bytes on disk shows that they were overwritten before they were unlinked.
        let second_name = data.path().join("second");
        fs::hard_link(folder.file(&id), &second_name).unwrap();
        folder.destroy(&id).unwrap();
        assert_ne!(fs::read(second_name).unwrap(), vector_key());
        assert!(folder.load(&id).unwrap().is_none());
        folder.destroy(&id).unwrap();
    }
}
