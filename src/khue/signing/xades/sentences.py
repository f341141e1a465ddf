"""Sentences of canonical text and XAdES signatures (`SIGN-1xx`): what happened, why, what to do."""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    # canonical text
    "SIGN-100": _("Văn bản có kí tự {character} mà XML không chứa được. Hãy xoá kí tự đó rồi làm lại."),
    "SIGN-101": _(
        "Tệp đã bị ghi lại bằng chương trình khác: nội dung không còn ở dạng chuẩn tắc. "
        "Hãy dùng tệp gốc đã tải từ hệ thống."
    ),
    "SIGN-102": _(
        "«{name}» không dùng được làm tên thẻ hay thuộc tính của hồ sơ. "
        "Đây là lỗi của phần mềm; hãy báo người phụ trách kĩ thuật."
    ),
    # the file
    "SIGN-110": _(
        "Tệp lớn {size} byte, vượt giới hạn {limit} byte nên không được đọc. Hãy kiểm tra lại tệp."
    ),
    "SIGN-111": _(
        "Tệp có chú thích, chỉ thị xử lí, khai báo DTD hoặc CDATA, là những thứ hồ sơ đã ký không được có. "
        "Hãy dùng tệp gốc."
    ),
    "SIGN-112": _("Tệp không phải là XML đọc được. Hãy tải lại tệp gốc."),
    "SIGN-114": _(
        "Cấu trúc hồ sơ sai ở «{place}»: thừa, thiếu hoặc đặt sai chỗ. Hãy dùng tệp gốc đã tải từ hệ thống."
    ),
    "SIGN-115": _("Thông tin ở «{place}» thiếu hoặc không đúng mẫu của hồ sơ. Hãy dùng tệp gốc."),
    "SIGN-116": _("Mã Id «{id}» bị trùng, sai dạng hoặc đặt sai chỗ. Hãy dùng tệp gốc."),
    "SIGN-117": _(
        "Loại hồ sơ «{type}» không có trong danh mục. Hãy cập nhật phần mềm hoặc kiểm tra lại tệp."
    ),
    "SIGN-118": _("Phần {section} thuộc hồ sơ «{record}», không thuộc hồ sơ «{expected}». Hãy dùng tệp gốc."),
    "SIGN-119": _(
        "Hồ sơ có {count} phần loại «{kind}», phải có từ {least} đến {most}. "
        "Hãy kiểm tra xem còn thiếu phần nào."
    ),
    "SIGN-120": _(
        "Phần {section} không ghi đúng người phải ký. Hãy kiểm tra phân công rồi lập lại phần này."
    ),
    "SIGN-121": _("Hồ sơ có thẻ hoặc thuộc tính không thuộc mẫu của hồ sơ. Hãy dùng tệp gốc."),
    # signing
    "SIGN-130": _("Hồ sơ không có ô kí «{slot}». Hãy tải lại trang và kiểm tra phân công."),
    "SIGN-131": _(
        "Ô kí «{slot}» đã có chữ ký, hoặc bước sau đã ký. Hãy tải lại trang để xem tình trạng mới nhất."
    ),
    "SIGN-132": _("Chưa đến lượt ô kí «{slot}»: còn thiếu chữ ký «{missing}». Hãy chờ người đó ký."),
    "SIGN-133": _(
        "Ô kí «{slot}» không ký riêng phần này được vì vai trò ký ở bước sau. "
        "Hãy chờ đến khi lập xong cả hồ sơ."
    ),
    "SIGN-134": _(
        "Chứng thư của {name} chỉ có hiệu lực từ {start} đến {end}. Hãy dùng chứng thư còn hiệu lực."
    ),
    "SIGN-136": _("Hồ sơ đã thay đổi sau khi chuẩn bị ô kí «{slot}». Hãy xem lại nội dung rồi ký lại."),
    "SIGN-137": _(
        "Giá trị trả về không phải chữ ký của chứng thư này cho ô kí «{slot}». "
        "Hãy ký lại; nếu vẫn lỗi, báo nhà cung cấp."
    ),
    "SIGN-138": _("Khoá của chứng thư không hợp với thuật toán «{algorithm}». Hãy chọn chứng thư khác."),
    "SIGN-139": _(
        "Khoá trong chứng thư không đọc được hoặc không thuộc loại được chấp nhận. Hãy dùng chứng thư khác."
    ),
    "SIGN-140": _(
        "Chức danh ghi kèm chữ ký dài quá {limit} kí tự, có khoảng trắng thừa ở hai đầu hoặc có kí tự không "
        "in được. Hãy sửa lại."
    ),
    "SIGN-141": _(
        "Thời điểm ký không ghi múi giờ. Đây là lỗi của phần mềm; hãy báo người phụ trách kĩ thuật."
    ),
    "SIGN-142": _("Chữ ký ở ô «{slot}» đã có phần bổ sung này. Không cần làm gì thêm."),
    "SIGN-143": _(
        "Chưa thể bổ sung cho chữ ký ở ô «{slot}»: phải có dấu thời gian, rồi bằng chứng, rồi mới đến dấu "
        "thời gian lưu trữ, và số dấu lưu trữ có giới hạn. Hãy bổ sung theo thứ tự."
    ),
    "SIGN-144": _(
        "Không có dữ liệu thu hồi để bổ sung cho chữ ký ở ô «{slot}». Hãy lấy CRL hoặc OCSP rồi làm lại."
    ),
    # what a signature is
    "SIGN-150": _("Chữ ký «{signature}» không đúng khuôn của hồ sơ nên không được đọc. Hãy dùng tệp gốc."),
    "SIGN-151": _("Chữ ký «{signature}» không ứng với ô kí nào của hồ sơ. Hãy dùng tệp gốc."),
    "SIGN-152": _("Dữ liệu trong chữ ký bị ghi lại khác cách chuẩn (base64). Hãy dùng tệp gốc."),
    "SIGN-153": _("Các chứng thư kèm chữ ký không nối thành một đường từ người ký lên. Hãy dùng tệp gốc."),
    # what was found
    "SIGN-154": _("Chữ ký của bước trước không có hoặc không đọc được: {missing}. Hãy dùng tệp gốc."),
    "SIGN-155": _(
        "Chữ ký «{signature}» không bao phủ đúng những gì ô kí này phải bao phủ. "
        "Chữ ký có thể đã bị chuyển từ chỗ khác đến."
    ),
    "SIGN-156": _("Phần «{part}» đã bị thay đổi sau khi ký. Nội dung không còn đáng tin."),
    "SIGN-157": _("Giá trị chữ ký không đúng với chứng thư. Chữ ký đã bị thay đổi hoặc giả mạo."),
    "SIGN-158": _("Chứng thư kèm theo không phải chứng thư đã được ký kèm. Chứng thư đã bị thay."),
    "SIGN-159": _("Thuật toán hoặc khoá «{algorithm}» không được chấp nhận. Hãy yêu cầu ký lại."),
    "SIGN-160": _("Chữ ký ghi vai trò «{claimed}», ô kí này là của vai trò «{role}»."),
    "SIGN-161": _("{role} phải ký bằng chứng thư cá nhân; chứng thư này của tổ chức {found}."),
    "SIGN-162": _("{role} phải ký bằng chứng thư của tổ chức; chứng thư này của cá nhân {found}."),
    "SIGN-163": _("{role} phải là {expected}; chứng thư này là của {found}."),
    "SIGN-164": _(
        "{role}: tên trùng với {found} nhưng hồ sơ không ghi số định danh, nên chưa chắc là cùng một người "
        "hay một trường. Hãy đối chiếu với nhà trường."
    ),
    "SIGN-165": _("Thời điểm ký ghi là {claimed}, ngoài hiệu lực của chứng thư ({start} đến {end})."),
    "SIGN-166": _("Thời điểm ký ghi là {claimed}, nhưng dấu thời gian chứng minh chữ ký đã có từ {proved}."),
    "SIGN-167": _(
        "Thời điểm ký ghi là {claimed}, sau thời điểm kiểm tra {now}. Hãy kiểm tra đồng hồ của máy này."
    ),
    "SIGN-168": _("Dấu thời gian không phải của chữ ký này hoặc đã bị thay đổi."),
    "SIGN-169": _(
        "Chưa tin được nơi cấp dấu thời gian «{authority}», nên thời điểm ký chưa được chứng minh."
    ),
    "SIGN-170": _(
        "Thuật toán của khoá «{algorithm}» không còn được chấp nhận vào {at}, và không có dấu thời gian "
        "chứng minh chữ ký có từ trước."
    ),
    "SIGN-171": _(
        "Chưa kiểm tra chứng thư vì không có danh sách tổ chức chứng thực đáng tin. "
        "Hãy kiểm tra ở nơi có danh sách đó."
    ),
    "SIGN-172": _("Chữ ký «{signature}» bị lặp hoặc đứng sai thứ tự. Hãy dùng tệp gốc."),
    "SIGN-173": _("Hồ sơ chưa đủ chữ ký, còn thiếu: {roles}. Hãy ký đủ hoặc dùng tệp đã hoàn thành."),
    "SIGN-174": _("Hồ sơ chưa có chữ ký nào, nên chưa thể kết luận."),
}
