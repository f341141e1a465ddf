"""The page that every bundle carries (hướng dẫn tự kiểm tra): how to check it with nothing of ours.

Every command is run by a test against a real bundle. `HOWTO` is what stands in `HUONG-DAN.txt`; the
commands are POSIX shell with openssl and xmlsec1, which every Linux has and other systems can install.
"""

from __future__ import annotations

INCLUSION = r"""(printf '\0'; openssl dgst -sha256 -binary ho-so.xml) | openssl dgst -sha256 -binary > h
i=$(sed -n 's/^index //p' ho-so.tlog-proof | head -n 1); l=$(( $(sed -n 2p checkpoint) - 1 ))
sed -e '/^$/,$d' -e '/^c2sp/d' -e '/^extra /d' -e '/^index /d' ho-so.tlog-proof | while read -r p; do
  echo "$p" | openssl base64 -d -A > s
  if [ $((i % 2)) = 1 ] || [ "$i" = "$l" ]; then
    (printf '\1'; cat s h) | openssl dgst -sha256 -binary > t
    while [ $((i % 2)) = 0 ] && [ "$i" != 0 ]; do i=$((i / 2)); l=$((l / 2)); done
  else
    (printf '\1'; cat h s) | openssl dgst -sha256 -binary > t
  fi
  mv t h; i=$((i / 2)); l=$((l / 2))
done
openssl base64 -A -in h; echo; sed -n 3p checkpoint
"""
LOG_SIGNATURE = r"""(printf '\060\052\060\005\006\003\053\145\160\003\041\000'
 sed -n 's/^log [^ ]*+[0-9a-f]\{8\}+//p' keys.txt | head -n 1 | openssl base64 -d -A | tail -c 32) > log.der
head -n 3 checkpoint > noi-dung
sed -n 5p checkpoint | sed 's/.* //' | openssl base64 -d -A | tail -c 64 > chu-ki
openssl pkeyutl -verify -pubin -keyform DER -inkey log.der -rawin -in noi-dung -sigfile chu-ki
"""
TIME = r"""openssl ts -verify -token_in -data checkpoint -in checkpoint.tsr \
  -CAfile goc.pem -untrusted chung-thu.pem
"""
OFFICE = r"""openssl cms -verify -binary -inform DER -in checkpoint.p7s -content checkpoint -purpose any \
  -CAfile goc.pem -certfile chung-thu.pem -out /dev/null
"""
RECORD = r"""grep -o '<ds:Signature [^>]*Id="[^"]*"' ho-so.xml
xmlsec1 --verify --enabled-key-data x509 --trusted-pem goc.pem --untrusted-pem chung-thu.pem \
  --id-attr:Id Content --id-attr:Id Section --id-attr:Id SignedProperties --id-attr:Id SignatureValue \
  --id-attr:Id Signature --node-id sig-school ho-so.xml
"""
HOWTO = f"""HƯỚNG DẪN TỰ KIỂM TRA GÓI HỒ SƠ

Cách nhanh: mở trang kiểm tra của Sở hoặc chạy «khue verify <tên tệp zip>». Các bước dưới đây không cần
phần mềm của chúng tôi, chỉ cần openssl và xmlsec1. Giải nén gói vào một thư mục trống rồi chạy tại đó.

Trong gói
  ho-so.xml          hồ sơ đã kí; đây là bản gốc có giá trị
  ho-so.pdf          bản để đọc và in, nếu có
  ho-so.tlog-proof   chứng cứ hồ sơ nằm trong nhật kí
  checkpoint         điểm chốt của nhật kí: tên nhật kí, số mục, mã gốc, chữ kí
  checkpoint.tsr     dấu thời gian của điểm chốt; checkpoint.1.tsr … là các lần gia hạn, mỗi dấu phủ dấu trước
  checkpoint.p7s     chữ kí của cơ quan trên điểm chốt, nếu có
  keys.txt           khoá công khai của nhật kí và các bên chứng kiến: hãy so với khoá mà Sở công bố
  chung-thu.pem, thu-hoi/   chứng thư và tình trạng thu hồi vào ngày lập gói
Cần thêm tệp goc.pem: chứng thư gốc, tự tải từ NEAC (rootca.gov.vn) hoặc VGCA (ca.gov.vn), không lấy ở gói.

1. Hồ sơ có trong nhật kí: hai dòng cuối phải giống hệt nhau
{INCLUSION}
2. Điểm chốt do nhật kí kí: phải in «Signature Verified Successfully»
{LOG_SIGNATURE}
3. Điểm chốt có từ bao giờ: phải in «Verification: OK»
   (xem giờ: openssl ts -reply -token_in -in checkpoint.tsr -token_out -text)
{TIME}
4. Cơ quan chịu trách nhiệm (nếu có checkpoint.p7s): phải in «Verification successful»
{OFFICE}
5. Từng chữ kí của hồ sơ: dòng đầu liệt kê tên các chữ kí; thay sig-school bằng từng tên; phải in «OK»
{RECORD}
Chữ kí đúng chưa đủ: hãy đọc trong ho-so.xml ai kí, kí phần nào, và có đủ người kí theo quy định hay không.
"""
