// One client: its requests are read, handled and answered, in order, by one coroutine.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/http/server.hpp"
#include "http/body_reader.hpp"
#include "http/deadlines.hpp"
#include "http/readiness.hpp"
#include "http/request_parser.hpp"
#include "http/serialize.hpp"
#include "http/work_area.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/intrusive/list.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cookieshop::http {

// What the connections of one io thread share.
struct connection_services {
    io_executor executor;
    const handler& root;
    const early_answer& early;  // may be empty
    const wall_clock& clock;
    parser_limits limits;
    http::deadlines& deadlines;
    http::readiness& readiness;
    work_area_pool& areas;
    http::serializer& serializer;
    std::span<const address_range> trusted_proxies;
    bool over_tls = false;  // all of them
    bool draining = false;  // no request is read any more that has not begun
};

// While a connection waits for a request it has no work area: what it costs then is this object, the frame of
// `serve` and, in `kept_`, the first bytes of a request that is not whole yet, in a string of just their
// size. A client that sends its header in drops pins no more than it sent.
class connection
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    connection(connection_services& services, descriptor socket, asio::ip::address client);

    // The whole life of a connection; it ends with the frame.
    static task<> serve(std::unique_ptr<connection> connection);

    // Ends it if it is idle, else after the request under way. May destroy the connection.
    void drain() { socket_.nudge(); }

    // Ends it now: nothing is sent any more, and a handler that waits is cancelled. May destroy the
    // connection.
    void cut_off();

private:
    enum class step { wait, read_body, handle, respond, end };

    step receive();
    bool fill();
    step parse();
    task<step> read_body();
    void reload(std::string_view header);
    step end_body(body_reader& reader);

    http::exchange& begin_exchange();
    step refuse(const refusal& refusal);
    step respond_and_close();
    bool answer_early();
    pending handle();
    task<> await_handler(task<> handler);
    pending respond();
    bool more_was_received();
    pending flush();
    task<> flush_when_writable();
    outcome send();
    void give_up();

    void become_idle();
    step time_out();
    task<> linger();

    work_area& area();
    bool has_unread() const noexcept { return !kept_.empty() || (area_ && !area_->unread().empty()); }
    bool must_not_wait() const noexcept { return closing_ || socket_.may_receive(); }

    connection_services& services_;
    watched_socket socket_;
    asio::ip::address client_;
    work_area_loan area_;
    std::string kept_;
    asio::cancellation_signal cancel_;
    bool answered_ = false;  // a request before
    bool closing_ = false;   // no request is read any more
    bool cut_off_ = false;   // nothing is begun any more
    bool given_up_ = false;  // nobody takes answers any more
    bool lingers_ = false;   // the client may still be sending what nobody will read
    unsigned answers_while_draining_ = 0;
};

using connection_list = boost::intrusive::list<connection, boost::intrusive::constant_time_size<false>>;

}  // namespace cookieshop::http
