//! iceoryx2: publishers and subscribers of byte slices, a service for each direction.

use std::fmt::Display;
use std::hint::spin_loop;
use std::io;

use handoff_bench::row::Clock::{Each, Mean};
use handoff_bench::row::Group::Library;
use handoff_bench::row::{Row, SIZES};
use handoff_bench::side::{Channel, Failure, Part, Side};
use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::port::update_connections::UpdateConnections;
use iceoryx2::prelude::*;
use iceoryx2::sample::Sample;
use iceoryx2::service::port_factory::PortFactory as _;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;

pub(crate) const ROWS: &[Row] = &[
    Row::trip(Library, Mean, "iceoryx2/spin", "iceoryx2, spinning", |side| pair(side, Spin)),
    Row::trip(Library, Each, "iceoryx2/event", "iceoryx2 and its event listener", |side| {
        let events = Events::new(side)?;
        pair(side, events)
    }),
    Row::stream(Library, SIZES, "stream/iceoryx2", "iceoryx2, spinning", |side| pair(side, Spin)),
];

/// Messages that wait at most: as many as our exchange has slots.
const BUFFER: usize = 16;

type Service = PortFactory<ipc::Service, [u8], ()>;

fn error(error: impl Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// A node whose files and segments have the scene's names.
fn node(side: &Side) -> Result<Node<ipc::Service>, Failure> {
    set_log_level(LogLevel::Error);
    let mut config = Config::default();
    let scene = &side.plan.scene;
    config.global.prefix = FileName::new(format!("{}_", scene.name).as_bytes())?;
    config.global.set_root_path(&Path::new(scene.dir.as_os_str().as_encoded_bytes())?);
    Ok(NodeBuilder::new().config(&config).create()?)
}

/// The names of the ways that a side reads and writes.
fn ways(part: Part) -> [&'static str; 2] {
    match part {
        Part::There => ["back", "there"],
        Part::Back => ["there", "back"],
    }
}

/// How a side learns that there is a message.
trait Notice {
    fn tell(&self) -> io::Result<()>;
    fn wait(&self) -> io::Result<()>;
}

struct Spin;

impl Notice for Spin {
    #[inline]
    fn tell(&self) -> io::Result<()> {
        Ok(())
    }

    #[inline]
    fn wait(&self) -> io::Result<()> {
        spin_loop();
        Ok(())
    }
}

struct Events {
    listener: Listener<ipc::Service>,
    notifier: Notifier<ipc::Service>,
    _node: Node<ipc::Service>,
}

impl Events {
    fn new(side: &Side) -> Result<Self, Failure> {
        let node = node(side)?;
        let [from, to] = ways(side.plan.part).map(|way| format!("{way}-event"));
        let open = |name: &str| -> Result<_, Failure> {
            Ok(node.service_builder(&name.try_into()?).event().open_or_create()?)
        };
        let (from, to) = (open(&from)?, open(&to)?);
        let (listener, notifier) =
            (from.listener_builder().create()?, to.notifier_builder().create()?);
        Ok(Self { listener, notifier, _node: node })
    }
}

impl Notice for Events {
    #[inline]
    fn tell(&self) -> io::Result<()> {
        self.notifier.notify().map_err(error).map(drop)
    }

    #[inline]
    fn wait(&self) -> io::Result<()> {
        self.listener.blocking_wait(|_| {}).map_err(error).map(drop)
    }
}

struct Pair<N> {
    subscriber: Subscriber<ipc::Service, [u8], ()>,
    publisher: Publisher<ipc::Service, [u8], ()>,
    /// What was received last: borrowed until the next.
    sample: Option<Sample<ipc::Service, [u8], ()>>,
    notice: N,
    part: Part,
    from: Service,
    _node: Node<ipc::Service>,
}

fn pair(side: &Side, notice: impl Notice) -> Result<(), Failure> {
    let node = node(side)?;
    let open = |way: &str| -> Result<Service, Failure> {
        Ok(node
            .service_builder(&way.try_into()?)
            .publish_subscribe::<[u8]>()
            .max_publishers(1)
            .max_subscribers(1)
            .history_size(0)
            .subscriber_max_buffer_size(BUFFER)
            .enable_safe_overflow(false)
            .open_or_create()?)
    };
    let [from, to] = ways(side.plan.part);
    let (from, to) = (open(from)?, open(to)?);
    let subscriber = from.subscriber_builder().create()?;
    let publisher = to
        .publisher_builder()
        .initial_max_slice_len(side.plan.size.max(8))
        .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
        .create()?;
    let peer = side.peer_by_name()?;
    // What is published before anybody subscribes is nobody's.
    while to.dynamic_config().number_of_subscribers() == 0
        || from.dynamic_config().number_of_publishers() == 0
    {
        std::thread::yield_now();
    }
    publisher.update_connections()?;
    let part = side.plan.part;
    side.run(Pair { subscriber, publisher, sample: None, notice, part, from, _node: node }, peer)
}

impl<N: Notice> Channel for Pair<N> {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let sample = self.publisher.loan_slice_uninit(message.len()).map_err(error)?;
        sample.write_from_slice(message).send().map_err(error)?;
        self.notice.tell()
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        loop {
            if let Some(sample) = self.subscriber.receive().map_err(error)? {
                if sample.payload().len() != into.len() {
                    return Err(error("a message has another length"));
                }
                into.copy_from_slice(sample.payload());
                self.sample = Some(sample);
                return Ok(());
            }
            self.notice.wait()?;
        }
    }

    #[inline]
    fn done(&mut self) -> io::Result<()> {
        self.sample = None;
        Ok(())
    }
}

impl<N> Drop for Pair<N> {
    fn drop(&mut self) {
        // The last answer lies in our memory: who waits for it leaves first.
        while self.part == Part::Back && self.from.dynamic_config().number_of_publishers() > 0 {
            std::thread::yield_now();
        }
    }
}
