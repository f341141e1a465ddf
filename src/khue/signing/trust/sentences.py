"""Sentences about certificates, roots and revocation."""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    "SIGN-200": _(
        "Không đọc được chứng thư số: tệp hỏng hoặc sai định dạng. Hãy lấy lại chứng thư từ nơi cấp."
    ),
    "SIGN-201": _(
        "Chứng thư của {name} do «{issuer}» cấp, không dẫn tới gốc nào đang được tin. "
        "Hãy kiểm tra nơi cấp, hoặc bổ sung chứng thư trung gian và gốc của nơi đó."
    ),
    "SIGN-202": _(
        "Bộ gốc {sets} đang rỗng nên chưa thể kết luận về chứng thư của các nơi cấp đó. "
        "Người vận hành cần nạp chứng thư gốc đã công bố, theo hướng dẫn trong tệp anchors.toml."
    ),
    "SIGN-203": _(
        "Chứng thư của {name} là chứng thư thử nghiệm (TEST), không có giá trị ngoài bản trình diễn. "
        "Hãy ký lại bằng chứng thư thật."
    ),
    "SIGN-204": _(
        "Chứng thư của {name} mang tên nơi cấp «{issuer}» nhưng không do khoá của nơi đó ký. "
        "Chứng thư này là giả hoặc đã bị sửa; hãy báo đơn vị quản trị."
    ),
    "SIGN-205": _(
        "Đường dẫn chứng thư của {name} vi phạm ràng buộc của nơi cấp (hiệu lực, tên, độ dài hoặc mục đích). "
        "Hãy yêu cầu nơi cấp kiểm tra chứng thư."
    ),
    "SIGN-206": _(
        "Chứng thư của {name} không được cấp để ký hồ sơ. "
        "Hãy dùng chứng thư có mục đích ký số (chống chối bỏ)."
    ),
    "SIGN-207": _(
        "Chứng thư của {name} không phải chứng thư chỉ dùng cấp dấu thời gian. "
        "Dấu thời gian này không được chấp nhận; hãy lấy dấu từ đơn vị cấp dấu thời gian."
    ),
    "SIGN-208": _("Chứng thư của {name} không được cấp để trả lời trạng thái chứng thư (OCSP)."),
    "SIGN-209": _(
        "Chứng thư của {name} chỉ có hiệu lực từ {date}, sau thời điểm đang xét. "
        "Hãy kiểm tra lại thời điểm ký."
    ),
    "SIGN-210": _(
        "Chứng thư của {name} hết hạn ngày {date} và không có dấu thời gian nào "
        "chứng minh chữ ký có trước đó. Hãy ký lại bằng chứng thư còn hạn."
    ),
    "SIGN-211": _(
        "Chứng thư của {name} bị thu hồi từ {date} và không có gì chứng minh chữ ký có trước đó. "
        "Hãy ký lại bằng chứng thư khác."
    ),
    "SIGN-212": _(
        "Chứng thư của nơi cấp {name} bị thu hồi từ {date}; chứng thư do nơi đó cấp không còn đáng tin "
        "từ lúc ấy. Hãy ký lại bằng chứng thư của nơi cấp khác."
    ),
    "SIGN-213": _(
        "Chưa có danh sách thu hồi hay câu trả lời OCSP nào về chứng thư của {name}. "
        "Hãy nạp dữ liệu thu hồi rồi kiểm tra lại."
    ),
    "SIGN-214": _(
        "Dữ liệu thu hồi mới nhất về chứng thư của {name} lập lúc {date}, quá cũ so với thời điểm đang xét. "
        "Hãy nạp dữ liệu mới rồi kiểm tra lại."
    ),
    "SIGN-215": _(
        "Bộ gốc {set} không tin gốc «{name}» vào ngày đang xét. Hãy kiểm tra các ngày ghi trong anchors.toml."
    ),
    "SIGN-216": _(
        "Chứng thư của {name} hết hạn ngày {date}; đến {known} chưa bị thu hồi, nhưng không có dấu thời gian "
        "chứng minh chữ ký có trước ngày hết hạn. Hãy tìm bản có dấu thời gian, hoặc ký lại."
    ),
    "SIGN-217": _(
        "Khoá «{key}» trong chứng thư của {name} yếu hoặc không thuộc loại được chấp nhận. "
        "Hãy dùng chứng thư ECDSA P-256, P-384 hoặc RSA từ 2048 bit."
    ),
    "SIGN-218": _(
        "Chứng thư của {name} hoặc của nơi cấp được ký bằng thuật toán không còn an toàn. "
        "Hãy xin cấp chứng thư mới."
    ),
    "SIGN-220": _(
        "Không đọc được danh sách thu hồi (CRL): tệp hỏng hoặc sai định dạng. Hãy tải lại từ nơi cấp."
    ),
    "SIGN-221": _(
        "Danh sách thu hồi này chỉ là một phần (delta, gián tiếp hoặc theo lí do), "
        "không chứng minh được điều gì. Hãy tải danh sách đầy đủ của nơi cấp."
    ),
    "SIGN-222": _("Không dùng được câu trả lời OCSP: hỏng hoặc máy chủ báo lỗi. Hãy hỏi lại sau."),
    "SIGN-223": _(
        "Có dữ liệu thu hồi về chứng thư của {name} nhưng không do nơi có quyền ký, nên không được dùng. "
        "Hãy lấy dữ liệu từ nơi cấp chứng thư."
    ),
    "SIGN-230": _("Bảng anchors.toml của bộ gốc {set} sai: {reason}. Hãy sửa bảng theo mẫu kèm theo."),
    "SIGN-231": _("Bộ gốc {set}: không có hoặc không đọc được tệp chứng thư «{file}». Hãy đặt lại tệp."),
    "SIGN-232": _(
        "Bộ gốc {set}: tệp «{file}» có SHA-256 {found}, khác giá trị đã ghi {expected}. "
        "Không nạp tệp này; hãy đối chiếu với giá trị do nơi cấp công bố."
    ),
    "SIGN-233": _("Bộ gốc {set}: tệp «{file}» không phải chứng thư của nơi cấp (CA). Hãy đặt đúng tệp."),
    "SIGN-240": _("Danh sách thu hồi ở {url} lớn quá {limit} byte nên không được nhận. Hãy báo nơi cấp."),
}
