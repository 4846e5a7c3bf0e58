#include "storage/effects/describe.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/effects/effect_format.h"

namespace holdfast {
namespace {

// What stands behind each op: d database, k key or other text, t time, i integer, n count, e end,
// s side, T type, S slot, * as many texts as the count before says.
struct Form {
  absl::string_view name;
  absl::string_view parts;
};
constexpr Form kForms[] = {
    {"nothing", ""},
    {"put", "dkk"},
    {"put-until", "dktk"},
    {"put-integer", "dki"},
    {"put-integer-until", "dkti"},
    {"set-integer", "dki"},
    {"append", "dkk"},
    {"set-range", "dknk"},
    {"erase", "dk"},
    {"set-deadline", "dkt"},
    {"clear-deadline", "dk"},
    {"push", "dken*"},
    {"pop", "dken"},
    {"trim", "dknn"},
    {"set-element", "dknk"},
    {"insert-element", "dknsk"},
    {"remove-matches", "dkik"},
    {"rotate", "dkee"},
    {"rename", "dkdk"},
    {"copy", "dkdk"},
    {"expire-due", "Stn"},
    {"flush", "d"},
    {"swap", "dd"},
    {"put-opaque", "dkTk"},
    {"put-opaque-until", "dktTk"},
};

class Describer {
 public:
  Describer(absl::string_view payload, size_t text_max) : reader_(payload), text_max_(text_max) {}

  absl::StatusOr<std::string> Run() {
    while (!reader_.done()) {
      const uint8_t op = reader_.Byte();
      if (op >= std::size(kForms)) {
        return absl::DataLossError(absl::StrCat("there is no effect ", int{op}));
      }
      if (!out_.empty()) out_ += "; ";
      out_ += std::string(kForms[op].name);
      for (const char part : kForms[op].parts) Add(part);
      if (!reader_.ok()) return absl::DataLossError("an effect ends too early");
    }
    return std::move(out_);
  }

 private:
  void Add(char part) {
    switch (part) {
      case 'd':
      case 'T':
        return Put(int{reader_.Byte()});
      case 'k':
        return Text();
      case 't':
      case 'i':
        return Put(reader_.Fixed<int64_t>());
      case 'n':
        return Put(count_ = reader_.Varint());
      case 'e':
        return Put(reader_.Byte() == 0 ? "front" : "back");
      case 's':
        return Put(reader_.Byte() == 0 ? "before" : "after");
      case 'S':
        return Put(reader_.Fixed<uint16_t>());
      default:
        for (uint64_t i = 0; i < count_ && reader_.ok(); ++i) Text();
    }
  }
  template <typename Part>
  void Put(const Part& part) {
    absl::StrAppend(&out_, " ", part);
  }
  void Text() {
    const absl::string_view text = reader_.Bytes();
    absl::StrAppend(&out_, " \"", absl::CHexEscape(text.substr(0, text_max_)), "\"",
                    text.size() > text_max_ ? "..." : "");
  }

  EffectReader reader_;
  const size_t text_max_;
  std::string out_;
  uint64_t count_ = 0;
};

}  // namespace

absl::StatusOr<std::string> DescribeEffects(absl::string_view payload, size_t text_max) {
  return Describer(payload, text_max).Run();
}

}  // namespace holdfast
