//! What the system knows of a folder's disk. None where it does not say, or is one that we cannot ask.

use std::path::Path;

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A disk of this machine.
    Local,
    /// Memory, or the layer of a container: it goes with the machine or the container.
    Passing(&'static str),
    /// Another machine's.
    Network(&'static str),
}

/// Bytes that this process may still write below a folder.
#[cfg(unix)]
pub fn free(dir: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(dir).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

/// Whether two folders are on one disk.
#[cfg(unix)]
pub fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |dir: &Path| std::fs::metadata(dir).map(|about| about.dev()).ok();
    device(one) == device(other)
}

/// What kind of file system a folder is on.
#[cfg(target_os = "linux")]
pub fn kind(dir: &Path) -> Option<Kind> {
    let about = rustix::fs::statfs(dir).ok()?;
    // Its type is signed on some machines; the numbers of statfs(2) have 32 bits.
    #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "so it is compared")]
    Some(kind_of(about.f_type as u32))
}

/// By the number of a kind of file system (statfs(2), `linux/magic.h`).
#[cfg(target_os = "linux")]
fn kind_of(magic: u32) -> Kind {
    match magic {
        0x6969 => Kind::Network("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Kind::Network("SMB"),
        0x0102_1997 => Kind::Network("9p"),
        0x5346_414f | 0x6b41_4653 => Kind::Network("AFS"),
        0x00c3_6400 => Kind::Network("Ceph"),
        0x0bd0_0bd0 => Kind::Network("Lustre"),
        0x7461_636f => Kind::Network("OCFS2"),
        0x0116_1970 => Kind::Network("GFS2"),
        0x0102_1994 | 0x8584_58f6 => Kind::Passing("memory (tmpfs)"),
        0x794c_7630 => Kind::Passing("the layer of a container (overlay)"),
        _ => Kind::Local,
    }
}

#[cfg(not(unix))]
pub fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(not(unix))]
pub fn is_same(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
pub fn kind(_: &Path) -> Option<Kind> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_told_from_memory_and_from_what_is_elsewhere() {
        assert_eq!(kind_of(0xef53), Kind::Local);
        assert_eq!(kind_of(0x6969), Kind::Network("NFS"));
        // /dev/shm is memory on every Linux (FHS, section 6.1.4).
        assert_eq!(kind(Path::new("/dev/shm")), Some(Kind::Passing("memory (tmpfs)")));
        let dir = tempfile::tempdir().unwrap();
        assert!(free(dir.path()).unwrap() > 0);
        assert!(is_same(dir.path(), dir.path()));
        assert_eq!(free(&dir.path().join("none")), None);
    }
}
