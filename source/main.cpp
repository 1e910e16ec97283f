// The program. Settings become parts, from the bottom up, a line each; they end in the reverse order.

#include "administration.hpp"
#include "config.hpp"
#include "cookieshop/auth/login_throttle.hpp"
#include "cookieshop/auth/password_hasher.hpp"
#include "cookieshop/auth/user_repository.hpp"
#include "cookieshop/db/database.hpp"
#include "cookieshop/db/readers.hpp"
#include "cookieshop/db/writer.hpp"
#include "cookieshop/http/error_page.hpp"
#include "cookieshop/http/server.hpp"
#include "cookieshop/session/session_manager.hpp"
#include "cookieshop/store/cached_store.hpp"
#include "cookieshop/store/endings.hpp"
#include "cookieshop/store/janitor.hpp"
#include "cookieshop/store/soci_store.hpp"
#include "cookieshop/util/worker_pool.hpp"
#include "embedded.hpp"
#include "log.hpp"
#include "privileges.hpp"
#include "secret_key.hpp"
#include "shop/app.hpp"
#include "version.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace cookieshop;
using config::settings;

db::database open_database(const settings& settings) {
    return {settings.database, std::string{embedded_schema().front().content}};
}

bool has_key(const db::database& database) {
    return exists(config::secret_key_file(database.file().value().parent_path()));
}

// The key is made after the database: one that is there already had another.
void warn_of_older_key(const db::database& database) {
    spdlog::warn(
        "the database {} is new, but its secret.key is older; if there was another, stop the server and "
        "restore"
        " a backup",
        database.file().value().string()
    );
}

std::vector<secret> secret_keys(const settings& settings, const db::database& database) {
    if (!settings.secret_keys.empty()) return settings.secret_keys;
    return config::load_or_create_secret_keys(database.file().value().parent_path());
}

session::policy session_policy(const settings& settings) {
    return {
        .idle_timeout = settings.idle_timeout,
        .absolute_timeout = settings.absolute_timeout,
        .remember_for = settings.remember_for,
        .data_limit = settings.session_data_limit,
        .sessions_per_user_max = settings.max_sessions_per_user,
        .secure = settings.secure_cookies,
    };
}

http::server_options server_options(const settings& settings) {
    return {
        .address = settings.address,
        .port = settings.port,
        .threads = settings.threads,
        .allowed_hosts = settings.allowed_hosts,
        .trusted_proxies = settings.trusted_proxies,
        .over_tls = settings.secure_cookies == session::secure_cookies::always,
        .max_connections = settings.max_connections,
        .max_header_size = settings.max_header_size,
        .max_body_size = settings.max_body_size,
        .header_timeout = settings.header_timeout,
        .body_timeout = settings.body_timeout,
        .keep_alive_timeout = settings.keep_alive_timeout,
        .drain_timeout = settings.drain_timeout,
    };
}

bool cookies_go_in_the_open(const settings& settings) {
    const bool may_be_secure = settings.secure_cookies == session::secure_cookies::always
                               || (settings.secure_cookies == session::secure_cookies::when_secure
                                   && !settings.trusted_proxies.empty());
    return !may_be_secure && !asio::ip::make_address(settings.address).is_loopback();
}

// Every connection is a descriptor: as many as the system lets us have.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// glibc widens a thread's heap by a few pages at a time, and each time the kernel lets it wait until nobody else
// changes or fills the address space. A password hash does so for milliseconds: libsodium maps 19 MiB anew for
// each. So heaps are made as wide as they get at once; what is not touched takes no memory.
void widen_heaps_at_once() {
    mallopt(M_TOP_PAD, 64 << 20);
}

void reread_views_at(asio::signal_set& hangup, shop::pages& pages) {
    hangup.async_wait([&](const error_code& error, int) {
        if (error) return;
        if (const auto fault = pages.reload())
            spdlog::error("the views stay as they were: {}", *fault);
        else
            spdlog::info("read the views again");
        reread_views_at(hangup, pages);
    });
}

void report_losses_each_minute(asio::steady_timer& timer, log_thread& log) {
    timer.expires_after(std::chrono::minutes{1});
    timer.async_wait([&](const error_code& error) {
        if (error) return;
        log.report_losses();
        report_losses_each_minute(timer, log);
    });
}

std::string url_of(const std::string& address, std::uint16_t port) {
    const bool v6 = address.find(':') != address.npos;
    return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

void serve(const settings& settings, log_thread& log) {
    raise_descriptor_limit();
    widen_heaps_at_once();
    asio::io_context main_loop{1};  // this thread's: signals, sweeping
    const system_wall_clock clock;

    db::database database = open_database(settings);
    database.lock_for_serving();
    const bool key_is_older = has_key(database), is_new = database.migrate().is_new;
    const session::policy policy = session_policy(settings);
    db::writer writer{database};
    db::readers readers{database};

    store::soci_store stored{writer, readers, policy};
    store::cached_store sessions{stored, policy, settings.session_cache};
    db::readers ending_readers{database, 1};  // of its own: behind no request
    const store::ending_number ended_so_far = store::newest_ending(database);
    const session::id_signer signer{secret_keys(settings, database)};
    session::session_manager manager{sessions, signer, policy};

    auth::password_hasher hasher{
        {settings.password_memory, settings.password_passes, settings.password_workers}};
    auth::login_throttle throttle{{.registrations_per_hour = settings.registration_limit}};
    auth::user_repository users{readers};
    shop::orders orders{readers};

    const shop::pages_options views{settings.views, settings.dev};
    http::assets assets;
    shop::pages pages{views, assets};
    http::set_error_renderer(
        [&pages](std::string& html, unsigned status, std::string_view title, std::string_view detail) {
            pages.render(html, shop::error_page{status, title, detail});
        }
    );

    std::atomic<bool> draining{false};
    const shop::app app{
        .pages = pages,
        .assets = assets,
        .sessions = manager,
        .users = users,
        .hasher = hasher,
        .throttle = throttle,
        .orders = orders,
        .writer = writer,
        .readers = readers,
        .draining = draining,
        .password_length_min = settings.password_min_length,
        .detailed_login_errors = settings.detailed_login_errors,
    };
    const http::router site = shop::routes(app);
    http::server server{
        server_options(settings), [&site](http::exchange& exchange) { return site(exchange); }, clock,
        [&site](http::exchange& exchange) { return site.answer_early(exchange); }};

    asio::signal_set stop_signals{main_loop, SIGTERM, SIGINT}, hangup{main_loop, SIGHUP};
    stop_signals.async_wait([&](const error_code&, int) { main_loop.stop(); });
    reread_views_at(hangup, pages);
    asio::steady_timer each_minute{main_loop};
    report_losses_each_minute(each_minute, log);
    asio::co_spawn(main_loop, store::sweep_expired(sessions, clock), asio::detached);
    asio::co_spawn(
        main_loop, store::follow_endings(ending_readers, writer, sessions, clock, ended_so_far),
        asio::detached
    );

    server.start();
    std::cout << "listening on " << url_of(settings.address, server.port()) << std::endl;
    if (is_new) spdlog::info("made a new database, {}", database.file().value().string());
    if (is_new && key_is_older) warn_of_older_key(database);
    if (!is_new && !key_is_older && settings.secret_keys.empty())
        spdlog::warn("made a new secret.key; sessions of before, if there were any, are not known by it");
    // Nobody waits for it: a large database takes seconds.
    const std::jthread checker{[&database](const std::stop_token& stop) {
        yield_to_others();
        database.check(stop);
    }};
    if (cookies_go_in_the_open(settings))
        spdlog::warn(
            "others can reach {}, and session cookies are not Secure; with TLS in front set"
            " --secure-cookies always, or --trusted-proxies",
            settings.address
        );
    if (geteuid() == 0) spdlog::warn("running as root; --run-as names a user to become");
    main_loop.run();

    // Whoever asks a second time does not want to wait.
    stop_signals.clear();
    spdlog::info("stopping: answering what is under way");
    draining = true;
    {
        // Who is still answered must not come in with a session that an operator ends meanwhile.
        main_loop.restart();
        const std::jthread follower{[&main_loop] { main_loop.run(); }};
        server.stop();
        main_loop.stop();
    }
    log.report_losses();
    const store::cache_figures cached = sessions.figures();
    spdlog::info(
        "the session cache held {} sessions in {} bytes; {} hits, {} misses, {} evictions", cached.entries,
        cached.bytes, cached.hits, cached.misses, cached.evictions
    );
}

void migrate(const settings& settings) {
    db::database database = open_database(settings);
    const db::migrated done = database.migrate();
    if (done.is_new && has_key(database)) warn_of_older_key(database);
    std::cout
        << (done.applied == 0 ? "the database is up to date\n"
                              : "applied " + std::to_string(done.applied) + " migration(s)\n");
}

void run(const config::command& command) {
    if (command.what == config::command::kind::serve) config::drop_privileges(command.values.run_as);
    log_thread log{command.values.log_level};
    using kind = config::command::kind;
    switch (command.what) {
    case kind::serve: return serve(command.values, log);
    case kind::migrate: return migrate(command.values);
    case kind::user_add:
    case kind::user_list:
    case kind::user_passwd:
    case kind::user_delete:
    case kind::session_list:
    case kind::session_revoke:
    case kind::session_purge: return administer(command, open_database(command.values));
    case kind::config: std::cout << config::listing(command); return;
    case kind::version: std::cout << config::version_text(); return;
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // whoever reads the log may go away
    std::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is met like a full disk
    umask(077);                     // the database and the key are their owner's alone
    try {
        const auto parsed =
            config::parse({{argv + 1, argv + argc}, config::process_environment(), config::read_dotenv()});
        if (const auto* ending = std::get_if<config::ending>(&parsed)) {
            (ending->status == 0 ? std::cout : std::cerr) << ending->text;
            if (ending->status != 0) return ending->status;
        } else {
            run(std::get<config::command>(parsed));
        }
        if (!std::cout.flush()) throw std::runtime_error{"can't write to the standard output"};
        return 0;
    } catch (const std::exception& e) {
        std::cerr << "cookieshop: " << e.what() << '\n';
        return 1;
    }
}
