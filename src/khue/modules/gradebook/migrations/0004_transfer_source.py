"""A change may come from the class where a pupil was before."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Choices only: the table and its guard stay as they are."""

    dependencies = [("gradebook", "0003_phrases")]
    operations = (
        migrations.AlterField(
            model_name="cellchange",
            name="source",
            field=models.CharField(
                choices=[
                    ("grid", "Nhập trên bảng"),
                    ("import", "Nhập từ Excel"),
                    ("undo", "Hoàn tác lần nhập"),
                    ("correction", "Sửa sau khi chốt"),
                    ("closing", "Chốt sổ"),
                    ("transfer", "Mang theo khi chuyển lớp"),
                ],
                max_length=12,
            ),
        ),
    )
