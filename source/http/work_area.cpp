#include "http/work_area.hpp"

#include <sodium/utils.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cookieshop::http {
namespace {

iovec as_buffer(std::string_view bytes) noexcept {
    return {const_cast<char*>(bytes.data()), bytes.size()};  // sendmsg only reads
}

}  // namespace

work_area::work_area(std::size_t input_size)
    : input_{std::make_unique_for_overwrite<char[]>(input_size)}, input_size_{input_size} {}

std::span<char> work_area::room() noexcept {
    if (begin_ > 0) {
        std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }
    return {input_.get() + end_, input_size_ - end_};
}

void work_area::load(std::string_view bytes) noexcept {
    std::memcpy(input_.get(), bytes.data(), bytes.size());
    begin_ = 0;
    end_ = bytes.size();
}

void work_area::drop_request() noexcept {
    if (request_size > head.size) wipe(begin_ + head.size, request_size - head.size);
    if (!body.empty()) sodium_memzero(body.data(), body.size());
    body.clear();
    begin_ += std::exchange(request_size, 0);
    if (begin_ == end_) begin_ = end_ = 0;
}

std::array<iovec, 2> work_area::unsent() const noexcept {
    const std::string_view first = std::string_view{output}.substr(std::min(sent, output.size()));
    const std::string_view second = output_tail.substr(sent - std::min(sent, output.size()));
    return {as_buffer(first), as_buffer(second)};
}

void work_area::drop_output() noexcept {
    output.clear();
    output_tail = {};
    sent = 0;
}

void work_area::clear() noexcept {
    drop_request();
    begin_ = end_ = 0;
    drop_output();
}

void work_area::wipe(std::size_t offset, std::size_t size) noexcept {
    sodium_memzero(input_.get() + offset, size);
}

void return_to_pool::operator()(work_area* area) const noexcept {
    pool->take_back(std::unique_ptr<work_area>{area});
}

work_area_pool::work_area_pool(std::size_t input_size) : input_size_{input_size} {
    free_.reserve(kept_max);
}

work_area_loan work_area_pool::lend() {
    if (free_.empty()) return work_area_loan{new work_area{input_size_}, return_to_pool{this}};
    work_area* area = free_.back().release();
    free_.pop_back();
    return work_area_loan{area, return_to_pool{this}};
}

void work_area_pool::take_back(std::unique_ptr<work_area> area) noexcept {
    const std::size_t text =
        area->output.capacity() + area->body.capacity() + area->exchange.response.body.capacity();
    if (free_.size() == kept_max || text > text_kept_max) return;
    area->clear();
    free_.push_back(std::move(area));
}

}  // namespace cookieshop::http
