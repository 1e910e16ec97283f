/// One connection to the database: a SOCI session, its dialect, its prepared statements.
///
/// Used by one thread at a time. SOCI's exceptions are translated where a connection is used through `writer`
/// or `readers`: what comes out of those is `unavailable`, with the reason in the log.

#pragma once

#include "cookieshop/util/clock.hpp"
#include "cookieshop/util/transaction.hpp"

#include <soci/soci.h>

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace cookieshop::db {

enum class dialect { sqlite, postgresql };

/// The values of a statement's placeholders, in their order: integers, bool, text, `time_point`, and
/// `std::optional` of them for what may be NULL.
template <class... T>
std::tuple<const T&...> in(const T&... values) noexcept {
    return {values...};
}

/// The variables that receive a row's columns, in their order: the same types, text as `std::string`. A NULL
/// goes into an optional; elsewhere it is an error.
template <class... T>
std::tuple<T&...> out(T&... variables) noexcept {
    return {variables...};
}

namespace detail {

// What SOCI exchanges for a T: an integer or a string.
template <class T>
struct wire_type {
    using type = std::string;
};
template <std::integral T>
struct wire_type<T> {
    using type = long long;
};
template <>
struct wire_type<time_point> {
    using type = long long;
};
template <class T>
struct wire_type<std::optional<T>> : wire_type<T> {};

// Where SOCI reads or leaves a value. It keeps its address and its capacity for as long as the statement is
// prepared, so that running a statement again allocates nothing for it.
template <class Wire>
struct slot {
    Wire value{};
    soci::indicator state = soci::i_ok;
};

template <class... T>
using slots_for = std::tuple<slot<typename wire_type<T>::type>...>;

inline void put(slot<std::string>& slot, std::string_view text) {
    slot.value = text;
    slot.state = soci::i_ok;
}

template <std::integral T>
void put(slot<long long>& slot, T number) {
    slot.value = static_cast<long long>(number);
    slot.state = soci::i_ok;
}

inline void put(slot<long long>& slot, time_point time) {
    put(slot, time.time_since_epoch().count());
}

template <class Wire, class T>
void put(slot<Wire>& slot, const std::optional<T>& value) {
    if (value)
        put(slot, *value);
    else
        slot.state = soci::i_null;
}

template <class Wire>
Wire& present(slot<Wire>& slot) {
    if (slot.state == soci::i_null) throw soci::soci_error{"NULL where a value is expected"};
    return slot.value;
}

inline void get(slot<std::string>& slot, std::string& text) {
    text.swap(present(slot));
}

template <std::integral T>
void get(slot<long long>& slot, T& number) {
    number = static_cast<T>(present(slot));
}

inline void get(slot<long long>& slot, time_point& time) {
    time = time_point{std::chrono::milliseconds{present(slot)}};
}

template <class Wire, class T>
void get(slot<Wire>& slot, std::optional<T>& value) {
    if (slot.state == soci::i_null)
        value.reset();
    else
        get(slot, value.emplace());
}

struct prepared {
    explicit prepared(soci::session& sql) : statement{sql} {}
    virtual ~prepared() = default;

    soci::statement statement;
};

template <class Inputs, class Outputs>
struct prepared_with;

template <class... I, class... O>
struct prepared_with<std::tuple<I...>, std::tuple<O...>> final : prepared {
    prepared_with(soci::session& sql, const std::string& query) : prepared{sql} {
        statement.alloc();
        statement.prepare(query);
        std::apply([this](auto&... s) { (statement.exchange(soci::use(s.value, s.state)), ...); }, inputs);
        std::apply([this](auto&... s) { (statement.exchange(soci::into(s.value, s.state)), ...); }, outputs);
        statement.define_and_bind();
    }

    template <class... In>
    bool execute(const std::tuple<const In&...>& values) {
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            (put(std::get<i>(inputs), std::get<i>(values)), ...);
        }
        (std::index_sequence_for<In...>{});
        return statement.execute(true);
    }

    template <class... Out>
    void read_row(const std::tuple<Out&...>& variables) {
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            (get(std::get<i>(outputs), std::get<i>(variables)), ...);
        }
        (std::index_sequence_for<Out...>{});
    }

    std::tuple<I...> inputs;
    std::tuple<O...> outputs;
};

}  // namespace detail

class connection final : public transaction {
public:
    /// `parameters` as the backend of SOCI takes them. Throws `soci::soci_error`.
    connection(db::dialect dialect, const std::string& parameters);
    ~connection() override;

    /// The connection behind a transaction. Throws `std::bad_cast` when the storage is no database: a mistake
    /// in the wiring.
    static connection& of(transaction& transaction) { return dynamic_cast<connection&>(transaction); }

    db::dialect dialect() const noexcept { return dialect_; }

    /// For what is run once: schema, pragmas.
    soci::session& sql() noexcept { return sql_; }

    /// Runs a statement that is prepared and bound once a connection; true when there was a row, which is
    /// then in `outputs` (the first, if there are more).
    ///
    ///     std::string email; long long epoch;
    ///     if (c.run("SELECT email, epoch FROM users WHERE id = :id", in(id), out(email, epoch))) …
    ///
    /// Always bound, never pasted: no value becomes a part of `query` (ASVS 1.2.4). A query is always run
    /// with the same types. Throws `soci::soci_error`.
    template <class... In, class... Out>
    bool run(std::string_view query, std::tuple<const In&...> inputs = {}, std::tuple<Out&...> outputs = {});

    /// The same for many rows: `row()` is called after each was read into `outputs`. It may run other
    /// queries, not this one.
    template <class... In, class... Out, class F>
    void for_each(
        std::string_view query, std::tuple<const In&...> inputs, std::tuple<Out&...> outputs, F row
    );

    /// Rows that the last `run` changed, if it was an INSERT, UPDATE or DELETE.
    long long affected() const noexcept { return affected_; }

    /// False after an error (a full disk) that made the database roll back on its own.
    bool in_transaction() noexcept;

    /// What it runs fails at once, with `soci::soci_error`; what it has not begun yet, does not. From any
    /// thread.
    void interrupt() noexcept;

    /// The last connection that closes copies SQLite's log into the database. This one will not: where either
    /// is damaged, or the log another file's, that would make it worse.
    void leave_log() noexcept;

private:
    template <class Prepared, class Use>
    void use_prepared(std::string_view query, Use use);

    void finish(detail::prepared& prepared);

    soci::session sql_;
    db::dialect dialect_;
    std::map<std::string, std::unique_ptr<detail::prepared>, std::less<>> statements_;  // dies before sql_
    long long affected_ = 0;
};

// A statement that threw is not trusted again: it is prepared anew the next time.
template <class Prepared, class Use>
void connection::use_prepared(std::string_view query, Use use) {
    auto found = statements_.find(query);
    if (found == statements_.end()) {
        std::string text{query};
        auto prepared = std::make_unique<Prepared>(sql_, text);
        found = statements_.emplace(std::move(text), std::move(prepared)).first;
    }
    try {
        use(dynamic_cast<Prepared&>(*found->second));
        finish(*found->second);
    } catch (...) {
        statements_.erase(found);
        throw;
    }
}

template <class... In, class... Out>
bool connection::run(std::string_view query, std::tuple<const In&...> inputs, std::tuple<Out&...> outputs) {
    bool found = false;
    use_prepared<detail::prepared_with<detail::slots_for<In...>, detail::slots_for<Out...>>>(
        query,
        [&](auto& prepared) {
            found = prepared.execute(inputs);
            if (found) prepared.read_row(outputs);
        }
    );
    return found;
}

template <class... In, class... Out, class F>
void connection::for_each(
    std::string_view query, std::tuple<const In&...> inputs, std::tuple<Out&...> outputs, F row
) {
    use_prepared<detail::prepared_with<detail::slots_for<In...>, detail::slots_for<Out...>>>(
        query,
        [&](auto& prepared) {
            for (bool found = prepared.execute(inputs); found; found = prepared.statement.fetch()) {
                prepared.read_row(outputs);
                row();
            }
        }
    );
}

}  // namespace cookieshop::db
