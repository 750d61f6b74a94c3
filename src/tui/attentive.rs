//! A stream that is looked at when it has called, and not in every turn of the loop.
//!
//! A look at crossterm's stream of events takes a lock that its own thread holds, and yields the processor some
//! ten times before it gives up: while a flood keeps the loop turning, that is most of what the loop does.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::Stream;
use futures_util::task::AtomicWaker;

/// See the module.
#[derive(Debug)]
pub struct Attentive<S> {
    inner: S,
    call: Arc<Call>,
}

/// What the stream calls with. One for all its life: crossterm keeps the first that it sees.
#[derive(Debug)]
struct Call {
    called: AtomicBool,
    waker: AtomicWaker,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.called.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

impl<S> Attentive<S> {
    /// It is looked at once at least.
    pub fn new(inner: S) -> Attentive<S> {
        let call = Arc::new(Call {
            called: AtomicBool::new(true),
            waker: AtomicWaker::new(),
        });
        Attentive { inner, call }
    }
}

impl<S: Stream + Unpin> Stream for Attentive<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.get_mut();
        this.call.waker.register(cx.waker());
        if !this.call.called.swap(false, Ordering::SeqCst) {
            return Poll::Pending;
        }
        let waker = Waker::from(Arc::clone(&this.call));
        let next = Pin::new(&mut this.inner).poll_next(&mut Context::from_waker(&waker));
        if next.is_ready() {
            // There may be more.
            this.call.called.store(true, Ordering::SeqCst);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use futures_util::stream::poll_fn;
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    #[test]
    fn it_is_looked_at_when_it_called_and_keeps_the_first_waker() {
        let looks = Rc::new(RefCell::new((0, Vec::new(), None)));
        let shared = Rc::clone(&looks);
        let mut stream = Attentive::new(poll_fn(move |cx| {
            let (count, items, waker): &mut (u32, Vec<u32>, Option<Waker>) =
                &mut shared.borrow_mut();
            *count += 1;
            waker.get_or_insert_with(|| cx.waker().clone());
            items
                .pop()
                .map_or(Poll::Pending, |item| Poll::Ready(Some(item)))
        }));
        for _ in 0..3 {
            assert_eq!(stream.next().now_or_never(), None);
        }
        assert_eq!(looks.borrow().0, 1, "nothing called");
        looks.borrow_mut().1.extend([2, 1]);
        let waker = looks.borrow().2.clone().unwrap();
        for round in 1..3 {
            waker.wake_by_ref();
            assert_eq!(stream.next().now_or_never(), Some(Some(round)));
        }
        assert_eq!(stream.next().now_or_never(), None);
        assert_eq!(looks.borrow().0, 4);
    }
}
