//! The socket: one line in, one line out.

use std::{
    fs::{File, Permissions},
    future::Future,
    io::{Error, ErrorKind},
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, PermissionsExt, chown},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, anyhow};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    task::JoinSet,
};

use super::{Act, Ask, Office, Said, person};

/// Its name in the data folder.
const NAME: &str = "gerai.sock";
/// Bytes of a line, its end included.
const LINE_MAX: u64 = 64 * 1_024;
/// Callers at a time.
const CALLERS_MAX: usize = 16;
/// How long a caller may take to send its line.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the rest of a line that is too long is listened to.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a caller waits for its answer: changing the master key seals every key anew.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);
/// The same, where what is asked may be the posting of a retailer's file with millions of lines.
const POSTING_TIMEOUT: Duration = Duration::from_hours(2);

/// A socket that is listened on.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens in `folder`, whose lock this process must hold: then a socket that is there already
    /// belongs to nobody, and is replaced.
    ///
    /// Only its owner can reach it; the members of `group` too, where one is named.
    pub(crate) fn bind(folder: &Path, group: Option<&str>) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let group = group.map(person::group).transpose()?;
        if let Some(group) = group {
            let_in(folder, group).with_context(|| {
                format!("cannot let the group operators_group into {}", folder.display())
            })?;
        }
        let bound = Reach::to(folder).and_then(|reach| {
            let fresh = reach.join(&format!("{NAME}.{}", std::process::id()));
            bind(&fresh, &reach.join(NAME), group)
        });
        let listener = bound.with_context(|| format!("cannot listen on {}", path.display()))?;
        Ok(Self { listener, path })
    }

    /// Answers callers until `stop` is done; then those in flight are still answered.
    pub(crate) async fn serve(self, office: Arc<Office>, stop: impl Future<Output = ()>) {
        let room = Arc::new(Semaphore::new(CALLERS_MAX));
        let mut callers = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&self.listener, &room) => accepted,
            };
            while callers.try_join_next().is_some() {}
            match accepted {
                Ok((stream, permit)) => {
                    let office = Arc::clone(&office);
                    callers.spawn(async move {
                        if let Err(error) = converse(stream, &office).await {
                            tracing::debug!(%error, "a caller of the control socket went away");
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket accepts nobody");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        while callers.join_next().await.is_some() {}
        // A socket that stays behind is harmless, and replaced by the next start.
        drop(std::fs::remove_file(&self.path));
    }
}

/// The folder under a name that is short enough: the address of a socket has room for 107 bytes, and
/// folders can be deeper.
struct Reach {
    folder: PathBuf,
    /// Kept open for as long as the name is used.
    _held: Option<File>,
}

impl Reach {
    fn to(folder: &Path) -> std::io::Result<Self> {
        let longest = format!("/{NAME}.{}", u32::MAX);
        if folder.as_os_str().len() + longest.len() < 108 || !cfg!(target_os = "linux") {
            return Ok(Self { folder: folder.to_owned(), _held: None });
        }
        let held = File::open(folder)?;
        let folder = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
        Ok(Self { folder, _held: Some(held) })
    }

    fn join(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Lets a group pass through the folder; what lies in it stays its owner's.
fn let_in(folder: &Path, group: u32) -> std::io::Result<()> {
    let found = std::fs::metadata(folder)?;
    let mode = found.permissions().mode();
    let may_pass = mode & 0o001 != 0 || (found.gid() == group && mode & 0o010 != 0);
    if may_pass {
        return Ok(());
    }
    chown(folder, None, Some(group))?;
    std::fs::set_permissions(folder, Permissions::from_mode((mode & 0o7707) | 0o010))
}

/// Bound under another name first, so that nobody can connect before its mode is set and no moment
/// is without a socket.
fn bind(fresh: &Path, path: &Path, group: Option<u32>) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(fresh)?;
    let mode = Permissions::from_mode(if group.is_some() { 0o660 } else { 0o600 });
    let named = match group {
        Some(_) => chown(fresh, None, group),
        None => Ok(()),
    };
    let named = named
        .and_then(|()| std::fs::set_permissions(fresh, mode))
        .and_then(|()| std::fs::rename(fresh, path));
    if named.is_err() {
        drop(std::fs::remove_file(fresh));
    }
    named.map(|()| listener)
}

async fn accept(
    listener: &UnixListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

/// Reads one command, answers it.
async fn converse(mut stream: UnixStream, office: &Office) -> std::io::Result<()> {
    let by = person::at_the_other_end(&stream).await?;
    let said = match tokio::time::timeout(SEND_TIMEOUT, line(&mut stream)).await {
        Ok(Ok(line)) => match serde_json::from_slice::<Ask>(&line) {
            Ok(ask) => match office.answer(ask, by).await {
                Ok(answer) => Said::Answer(Box::new(answer)),
                Err(error) => Said::Error(format!("{error:#}")),
            },
            // What serde says may quote the text, and the text may hold a secret.
            Err(_) => Said::Error(
                "not a command this gerai knows; were both started from the same version?"
                    .to_owned(),
            ),
        },
        Ok(Err(error)) => Said::Error(error.to_string()),
        Err(_) => Said::Error("the command did not arrive in time".to_owned()),
    };
    let mut bytes = serde_json::to_vec(&said)?;
    bytes.push(b'\n');
    stream.write_all(&bytes).await?;
    stream.shutdown().await?;
    // Whoever is still sending would lose the answer if the socket closed on it.
    let mut rest = stream.take(LINE_MAX * 16);
    let mut nowhere = tokio::io::sink();
    let drained = tokio::io::copy(&mut rest, &mut nowhere);
    tokio::time::timeout(DRAIN_TIMEOUT, drained).await.map_or(Ok(()), |drained| drained.map(drop))
}

/// One line without its end.
async fn line(stream: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    BufReader::new(stream.take(LINE_MAX)).read_until(b'\n', &mut line).await?;
    if line.pop() == Some(b'\n') {
        return Ok(line);
    }
    // Either it ended without its end, or it is longer than a line may be.
    let why = "a command is one line of at most 64 KiB";
    Err(Error::new(ErrorKind::InvalidData, why))
}

/// Asks the gateway that listens in `folder`; none when nobody does.
pub(super) async fn ask(folder: &Path, ask: &Ask) -> anyhow::Result<Option<Said>> {
    let path = folder.join(NAME);
    let reach = match Reach::to(folder) {
        Ok(reach) => reach,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot reach {}", folder.display()));
        }
    };
    let mut stream = match UnixStream::connect(reach.join(NAME)).await {
        Ok(stream) => stream,
        // Nothing there, or left behind by a process that was killed.
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot reach {}", path.display()));
        }
    };
    let mut bytes = serde_json::to_vec(ask)?;
    bytes.push(b'\n');
    let asked = async {
        stream.write_all(&bytes).await?;
        line(&mut stream).await
    };
    let line = tokio::time::timeout(patience(ask), asked)
        .await
        .map_err(|_| anyhow!("the gateway did not answer in time; look whether it was done"))?
        .context("the gateway went away before it answered; look whether it was done")?;
    let answer = serde_json::from_slice(&line).context("the gateway answers in a way not known")?;
    Ok(Some(answer))
}

/// For how long an answer is waited for. What a proposal asks for is not known here.
fn patience(ask: &Ask) -> Duration {
    match ask {
        // A year of retries, each to a receiver that does not answer, takes its time too.
        Ask::Act { act: Act::Reconcile(_), .. } | Ask::Approve { .. } | Ask::Clock(_) => {
            POSTING_TIMEOUT
        }
        Ask::Act { act: Act::Admin(_) | Act::RotateMasterKey, .. }
        | Ask::Redeliver(_)
        | Ask::Proposals { .. }
        | Ask::Proposal { .. }
        | Ask::Reject { .. } => ANSWER_TIMEOUT,
    }
}
