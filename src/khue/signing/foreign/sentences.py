"""Sentences of this part: the Ministry's layout and files of other systems."""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    # layouts
    "SIGN-600": _("Tệp bố cục «{name}» không dùng được: {reason}. Hãy sửa tệp rồi nạp lại."),
    "SIGN-601": _(
        "Tệp không theo bố cục học bạ số nào đã biết. "
        "Hãy nhờ cán bộ phụ trách kiểm tra bằng công cụ của nơi phát hành."
    ),
    # the file as a whole
    "SIGN-602": _(
        "Tệp dài {size} byte, quá mức {largest} byte nên không được đọc. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-603": _("Tệp dùng bảng mã «{encoding}», không phải UTF-8. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-604": _("Tệp chứa khai báo DTD hoặc thực thể, có thể đổi nội dung khi đọc. Hãy xin lại bản gốc."),
    "SIGN-605": _("Tệp không phải XML đúng ({reason}). Hãy xin lại bản gốc."),
    "SIGN-606": _("Có chú thích chen giữa chữ trong «{tag}», làm nội dung đọc ra sai. Hãy xin lại bản gốc."),
    "SIGN-608": _("Tệp có chỉ thị xử lí «{target}» ngoài bố cục. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-609": _("Mã định vị «{value}» viết sai hoặc viết hai lần trên một phần. Hãy xin lại bản gốc."),
    "SIGN-610": _(
        "Hai phần cùng mang mã định vị «{value}», nên không rõ phần nào được ký. Hãy xin lại bản gốc."
    ),
    "SIGN-611": _(
        "Phần «{tag}» nằm dưới thuộc tính xml:lang, xml:space hoặc xml:base nên không kiểm tra được tự động. "
        "Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-612": _("Tệp ghi cấp học {stated}, khác với {expected}. Hãy kiểm tra lại hồ sơ của học sinh."),
    "SIGN-613": _("Không tìm thấy đúng một phần nội dung «{path}» mang mã «{id}». Hãy xin lại bản gốc."),
    "SIGN-614": _("Có phần «{tag}» nằm ngoài nội dung được ký hoặc lồng vào nhau. Hãy xin lại bản gốc."),
    "SIGN-615": _("Phần «{tag}» «{id}» thiếu mã hoặc ghi trùng giáo viên. Hãy xin lại bản gốc."),
    "SIGN-616": _("Ô ký «{slot}» bị lặp, thiếu mã hoặc đứng ở hai nơi. Hãy xin lại bản gốc."),
    "SIGN-617": _("Ô ký «{slot}» nằm trong chính phần mà nó ký. Hãy xin lại bản gốc."),
    "SIGN-618": _("Phần «{id}» mà «{slot}» phải ký không nằm trong nội dung học bạ. Hãy xin lại bản gốc."),
    "SIGN-619": _("Có {count} chữ ký đứng ngoài các ô ký. Hãy xin lại bản gốc."),
    "SIGN-620": _("Phần «{tag}» đứng sai chỗ, không ai ký. Hãy xin lại bản gốc."),
    "SIGN-621": _(
        "Phần «{tag}» nằm ngoài nội dung được ký, không ai bảo đảm. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    # the record as a whole
    "SIGN-622": _("Có chữ ký «{slot}» mà cấp học {level} không dùng. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-623": _(
        "Tệp không cho biết cấp học, nên không rõ cần những chữ ký nào. Hãy chọn cấp học rồi kiểm tra lại."
    ),
    "SIGN-624": _("Thiếu chữ ký: {names}. Hãy xin bản đã ký đủ."),
    "SIGN-625": _(
        "Môn ở phần «{section}» không ghi giáo viên ký, nên không ai bảo đảm. Hãy xin lại bản gốc."
    ),
    "SIGN-626": _(
        "Tệp là «{name}»; vị trí chữ ký của loại này chưa được công bố nên chưa kiểm tra được. "
        "Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-627": _(
        "Tệp của năm học bắt đầu năm {year}, nhưng bố cục «{layout}» không dùng cho năm đó. "
        "Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-628": _(
        "Chữ ký ở ô «{slot}» không phủ đúng các phần của ô, mỗi phần một lần. Hãy xin lại bản gốc."
    ),
    "SIGN-629": _(
        "Hai chương trình kiểm tra cho kết quả khác nhau về chữ ký «{slot}». "
        "Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    # one signature
    "SIGN-630": _("Chữ ký có cấu tạo lạ ({found}). Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-631": _("Phần «{tag}» của chữ ký có cấu tạo lạ. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-632": _("Phần «{tag}» của chữ ký có thuộc tính lạ: {names}. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-633": _("Phần «{tag}» của chữ ký không phải Base64. Hãy xin lại bản gốc."),
    "SIGN-634": _("Phần «{tag}» của chữ ký có tham số lạ. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-635": _(
        "Chữ ký dùng phép biến đổi «{algorithm}» ngoài danh mục. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-636": _(
        "Chữ ký dùng HMAC, ai biết khoá chung cũng làm được, nên không có giá trị. "
        "Hãy xin bản ký bằng chứng thư."
    ),
    "SIGN-637": _(
        "Chữ ký dùng thuật toán «{algorithm}» không được chấp nhận. Hãy xin bản ký bằng thuật toán mới."
    ),
    "SIGN-638": _("Chữ ký không chỉ rõ phần được ký bằng mã. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-639": _("Chữ ký trỏ ra ngoài tệp «{uri}», nên không bảo đảm nội dung học bạ. Hãy xin lại bản gốc."),
    "SIGN-640": _("Chữ ký chỉ phần được ký bằng biểu thức «{uri}». Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-641": _("Chữ ký không kèm chứng thư số. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-642": _("Chữ ký kèm một phần không rõ. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-643": _("Thuộc tính kèm chữ ký không gắn với chữ ký đó. Hãy xin lại bản gốc."),
    "SIGN-644": _("Thời gian ký «{text}» không đọc được. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-645": _(
        "Chữ ký phủ «{found}», không phải phần mà ô này phải ký («{wanted}»). Hãy xin lại bản gốc."
    ),
    "SIGN-646": _("Thời gian và chứng thư ghi trong chữ ký không được ký. Hãy xin lại bản gốc."),
    "SIGN-647": _("Thời gian ghi kèm chữ ký không được ký. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-648": _(
        "Chữ ký phủ {found} chữ ký trước nó, nhưng tệp có {expected}. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-649": _("Chữ ký phủ một phần hai lần. Hãy xin lại bản gốc."),
    "SIGN-650": _("Phần «{id}» đã bị sửa sau khi ký. Hãy xin lại bản gốc."),
    "SIGN-651": _(
        "Thuật toán «{algorithm}» với khoá «{key}» không được chấp nhận. Hãy xin bản ký bằng chứng thư mới."
    ),
    "SIGN-652": _("Giá trị chữ ký không phải của chứng thư kèm theo. Hãy xin lại bản gốc."),
    "SIGN-653": _("Không rõ chứng thư nào là của người ký. Hãy nhờ cán bộ phụ trách kiểm tra."),
    "SIGN-654": _("Chứng thư kèm theo không phải chứng thư mà chữ ký nêu. Hãy xin lại bản gốc."),
    "SIGN-655": _("Ô «{slot}» được ký bằng chứng thư của «{signer}», không đúng loại. Hãy xin lại bản gốc."),
    "SIGN-656": _(
        "Dấu thời gian kèm chữ ký không dùng được nên được bỏ qua. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-657": _("Chưa kết luận được về chứng thư của người ký. Hãy kiểm tra lại khi có đủ dữ liệu."),
    "SIGN-658": _(
        "Chữ ký loại chính thuộc tính của nó ra khỏi phần được ký. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    "SIGN-659": _(
        "Phần «{tag}» không đưa được về dạng chuẩn để kiểm tra. Hãy nhờ cán bộ phụ trách kiểm tra."
    ),
    # signing
    "SIGN-660": _("Học bạ không có ô ký «{role}» {section}. Hãy kiểm tra vai trò và cấp học."),
    "SIGN-661": _("Học bạ không ở dạng chuẩn nên không ký được. Hãy xuất lại học bạ."),
    "SIGN-662": _("Không rõ cấp học của học bạ, nên không rõ ai phải ký. Hãy ghi cấp học rồi xuất lại."),
    "SIGN-663": _("Ô «{slot}» có chữ ký không do hệ thống này tạo. Hãy ký tiếp bằng công cụ đã ký ô đó."),
    "SIGN-664": _("Ô «{slot}» đã có chữ ký. Không cần ký lại."),
    "SIGN-665": _("Chưa đến lượt «{slot}»: còn chờ {waiting}. Hãy nhắc những người này ký trước."),
    "SIGN-666": _("Ô «{slot}» không ký được bằng chứng thư của «{signer}». Hãy chọn chứng thư đúng loại."),
    "SIGN-667": _("Chứng thư của «{signer}» không có hiệu lực vào lúc ký. Hãy chọn chứng thư còn hiệu lực."),
    "SIGN-668": _("Học bạ đã thay đổi từ khi chuẩn bị ký ô «{slot}». Hãy chuẩn bị và ký lại."),
    "SIGN-669": _("Giá trị trả về cho ô «{slot}» không phải chữ ký của chứng thư đã chọn. Hãy ký lại."),
    "SIGN-670": _("Học bạ thiếu ô ký cho «{slot}». Hãy xuất lại học bạ."),
}
