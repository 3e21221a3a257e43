//! Work that keeps a core busy for long, password hashing above all: on threads of its own, so many at once, and no more
//! waiting than are answered in a moment. Whoever sends many passwords slows nobody but others who sign in.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Most that wait for a thread.
const WAITING: usize = 64;

/// Threads for heavy work.
#[derive(Clone)]
pub struct Heavy {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wait for heavy work")]
pub struct TooMuch;

impl Default for Heavy {
    /// As many at once as half the machine's cores, at least one.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            running: Arc::new(Semaphore::new((cores / 2).max(1))),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl Heavy {
    /// Runs work on a thread for it, once there is one.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TooMuch> {
        let _waiting = self.waiting.try_acquire().map_err(|_| TooMuch)?;
        // A caller that goes away does not free the thread before it is done.
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| TooMuch)?;
        let done = tokio::task::spawn_blocking(move || {
            let _running = running;
            work()
        });
        done.await.map_err(|_| TooMuch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_wait_and_the_next_is_told_so() {
        let heavy = Heavy::default();
        let all = heavy.waiting.acquire_many(WAITING as u32).await.unwrap();
        assert_eq!(heavy.run(|| 1).await, Err(TooMuch));
        drop(all);
        assert_eq!(heavy.run(|| 1).await, Ok(1));
    }
}
